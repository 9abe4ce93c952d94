COPY public.t (a, b) FROM stdin; -- a comment may follow
1	O'Brien; \N
\.x
	$$ /*
\.
select 1;
copy t from 'file'; copy (select 1 as from) to stdout;
copy t from stdin with (format csv)
;
"a
;"
\.
copy u from stdin; select 'after the data';
1
\.
select 2;
--= 1..1 copy 2..4
--= 6..6
--= 7..7
--= 7..7
--= 8..8 copy 10..11
--= 13..13 AfterCopy copy 14..14
--= 16..16
