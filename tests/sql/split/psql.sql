select :a, :'b', :"c", :{?d}, e::int, ':f', ":g", $$ :h $$ /* :i */; -- :j
select a[1:n], b[1:2];
select 1 \gset
;
\echo 'a backslash command is in a statement'
select 1from t where a = $1and b;
select f(a := 1), 'x'::text;
--= 1..1 Variable Variable Variable Variable
--= 2..2 Variable Variable
--= 3..3 Backslash
--= 5..6 Backslash NumberTail NumberTail
--= 7..7
