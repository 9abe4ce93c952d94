create table readings (
    sensor_id int not null references sensors,
    taken_at timestamptz not null,
    celsius numeric(5, 2) not null,
    primary key (sensor_id, taken_at)
);

---- create above / drop below ----

drop table readings;
