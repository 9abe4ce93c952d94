select 1;
create table t (a int, b int;
select 2;
--= 1..1
--= 2..3
--! 2 parenthesis
