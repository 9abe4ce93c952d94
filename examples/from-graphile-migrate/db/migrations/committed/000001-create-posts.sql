--! Previous: -
--! Hash: sha1:551dd756f282162fb45f50408d19517d2c8006bf
--! Message: create posts

create table posts (
    id int generated always as identity primary key,
    title text not null,
    body text not null
);
