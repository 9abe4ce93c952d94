create table sensors (
    id int generated always as identity primary key,
    place text not null
);

---- create above / drop below ----

drop table sensors;
