---- tern: disable-tx ----
create index concurrently readings_taken_at on readings (taken_at);

---- create above / drop below ----

---- tern: disable-tx ----
drop index concurrently readings_taken_at;
