alter table "public"."notes" add column "updated_at" timestamp with time zone;

set check_function_bodies = off;

CREATE OR REPLACE FUNCTION public.touch_note()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.updated_at := now();
  return new;
end;
$function$
;

CREATE TRIGGER touch_note BEFORE UPDATE ON public.notes FOR EACH ROW EXECUTE FUNCTION touch_note();
