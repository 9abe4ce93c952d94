--! Previous: sha1:54e5a23d61623414132001d99679347dbb53ff44
--! Hash: sha1:cffc491f2b04166dfb2452979b40742880d93671

--! no-transaction
create index concurrently comments_post on comments (post_id);
