--! Previous: sha1:cffc491f2b04166dfb2452979b40742880d93671
--! Hash: sha1:f181bc2c3d257c6608f0f692f75f409482075714
--! Message: latest posts

create function latest_posts(how_many int) returns setof posts language sql stable as $$
    select * from posts order by id desc limit how_many
$$;
