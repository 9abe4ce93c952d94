create function a() returns int language sql
begin atomic
  select 1;
  select case when true then (select case 1 when 1 then 2 end) end;
end;
create or replace procedure b() begin atomic
  select "begin".end from t as "begin";
end; commit;
create function c() returns int begin atomic select begin from t; end;
create function d() returns int begin atomic
  select 1 as end; -- psql leaves the body here
  select 2;
end;
create function s.begin() returns int language sql as 'select 1';
create function e(a int default (case when true then 1 end)) returns int
language plpgsql as $$ begin return 1; end $$;
begin; end;
create table atomic (begin int);
--= 1..5 AtomicBody
--= 6..8 AtomicBody BeginDepth
--= 8..8
--= 9..9 AtomicBody BeginDepth
--= 10..13 AtomicBody BeginDepth
--= 14..14 BeginDepth
--= 15..16
--= 17..17
--= 17..17
--= 18..18
