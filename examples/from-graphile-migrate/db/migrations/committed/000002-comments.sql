--! Previous: sha1:551dd756f282162fb45f50408d19517d2c8006bf
--! Hash: sha1:54e5a23d61623414132001d99679347dbb53ff44
--! Message: comments

create table comments (
    id int generated always as identity primary key,
    post_id int not null references posts on delete cascade,
    body text not null
);
