alter table "public"."notes" add column "shared" boolean not null default false;

create policy "shared notes are for everybody"
on "public"."notes"
as permissive
for select
to public
using (shared);
