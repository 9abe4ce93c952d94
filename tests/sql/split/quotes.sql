select ';', 'it''s;', E'\';', U&'\', "a;""b", $$;$$, $x$ $$; $x$;
select 1 /* ; /* ; */ ; */ -- ;
, 2; select 3;;
;
create rule r as on insert to t do also (
  insert into a values (1); insert into b values (2);
);
select a[1;2];
select foo$bar$; select $1;
select E'a' -- the string goes on, and psql forgets the E
  '\';';
select E'a'
  'no quote is hidden here \n';
--= 1..1
--= 2..3
--= 3..3
--= 5..7
--= 8..8
--= 8..8
--= 9..9
--= 9..9
--= 10..11 EscapeContinuation
--= 12..13
