//! A search_path on which somebody's own objects stand before those of pg_catalog.

use super::made::{configured, same, set, upgrade};
use crate::support::outcome;
use crate::support::postgres::Database;

/// Objects named like those that the machinery uses, in schemas that are looked at before pg_catalog. Each that is
/// called fails.
#[test]
fn nothing_that_shadows_pg_catalog_is_used() {
    let mut evil = Vec::new();
    for schema in ["public", "postgres"] {
        for (name, arguments) in [
            ("to_regclass", "text"),
            ("to_regnamespace", "text"),
            ("format", "text, VARIADIC anyarray"),
            ("format", "text, text"),
            ("current_setting", "text"),
            ("current_setting", "text, boolean"),
            ("set_config", "text, text, boolean"),
            ("hashtextextended", "text, int8"),
            ("pg_try_advisory_lock", "int8"),
            ("pg_advisory_unlock", "int8"),
            ("pg_backend_pid", ""),
            ("pg_sleep", "float8"),
            ("has_schema_privilege", "name, oid, text"),
            ("has_table_privilege", "oid, text"),
            ("pg_has_role", "name, oid, text"),
            ("current_schemas", "boolean"),
            ("jsonb_array_elements", "jsonb"),
            ("jsonb_array_elements_text", "jsonb"),
            ("jsonb_array_length", "jsonb"),
            ("obj_description", "oid, name"),
            ("clock_timestamp", ""),
            ("now", ""),
            ("lower", "text"),
            ("split_part", "text, text, int"),
            ("row_security_active", "oid"),
        ] {
            evil.push(format!(
                "CREATE FUNCTION {schema}.{name}({arguments}) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''shadowed {name}''; END';\n"
            ));
        }
        evil.push(format!(
            "CREATE FUNCTION {schema}.evil(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''shadowed operator''; END';\n\
             CREATE FUNCTION {schema}.evil(jsonb, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''shadowed operator''; END';\n\
             CREATE FUNCTION {schema}.evil(int, int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''shadowed operator''; END';\n\
             CREATE OPERATOR {schema}.= (LEFTARG = text, RIGHTARG = text, FUNCTION = {schema}.evil);\n\
             CREATE OPERATOR {schema}.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = {schema}.evil);\n\
             CREATE OPERATOR {schema}.= (LEFTARG = int, RIGHTARG = int, FUNCTION = {schema}.evil);\n\
             CREATE OPERATOR {schema}.->> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = {schema}.evil);\n\
             CREATE FUNCTION {schema}.none(int8) RETURNS int8 LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''shadowed count''; END';\n\
             CREATE AGGREGATE {schema}.count (*) (SFUNC = {schema}.none, STYPE = int8);\n"
        ));
        for table in [
            "pg_locks",
            "pg_settings",
            "pg_class",
            "pg_namespace",
            "pg_roles",
            "pg_stat_activity",
            "pg_database",
        ] {
            evil.push(format!(
                "CREATE VIEW {schema}.{table} AS SELECT 1/0 AS oid;\n"
            ));
        }
        for domain in ["jsonb", "text", "int8", "name", "regclass", "bool", "oid"] {
            evil.push(format!(
                "CREATE DOMAIN {schema}.{domain} AS pg_catalog.int2;\n"
            ));
        }
    }
    let sql = [
        "CREATE TABLE public.t (x int)",
        "CREATE INDEX CONCURRENTLY i ON public.t (x)",
        "INSERT INTO public.t VALUES (1)",
    ];
    let config = "[version_table]\nschema = \"ops\"\n";
    let script = upgrade(&configured(config, &sql), "");
    let make = || {
        let database = Database::create();
        let mut command = database.psql_as("postgres");
        let setup = format!(
            "SET search_path = pg_catalog;\nCREATE SCHEMA postgres; CREATE SCHEMA ops;\n{}ALTER DATABASE :\"DBNAME\" SET search_path = \"$user\", public, pg_catalog;\n",
            evil.concat()
        );
        outcome::run(
            command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]),
            &setup,
        )
        .success();
        database
    };
    let straight = make();
    straight
        .psql_stdin(&sql.join(";\n"), &["-v", "ON_ERROR_STOP=1"])
        .success();
    straight.psql_stdin("INSERT INTO public.t VALUES (1);", &[]);
    let database = make();
    let first = database.psql_stdin(&script, &["-v", "first_run=1"]);
    first.success().quiet().stdout_has("done: 3 of 3");
    same(
        "straight",
        &straight
            .state()
            .replace("INSERT INTO public.t VALUES (1);\nINSERT", "INSERT"),
        &database.state(),
    );
    for pgappname in ["psql", "other"] {
        let before = database.everything();
        let mut command = database.psql_as("postgres");
        let again = outcome::run(
            command.env("PGAPPNAME", pgappname).args(["-X", "-f", "-"]),
            &script,
        );
        again.success().quiet().stdout_has("nothing to apply");
        same("before", &before, &database.everything());
    }
    // The views and domains stand in nobody's way who asks for rights, either.
    let lacking = configured(
        "[version_table]\nschema = \"ops\"\n[target]\nrole = \"pg_monitor\"\n",
        &sql,
    );
    database.psql_stdin("GRANT ALL ON ALL TABLES IN SCHEMA ops TO pg_monitor; GRANT USAGE ON SCHEMA ops TO pg_monitor;", &[]);
    set(&lacking, 4, "ALTER TABLE public.t ADD y int");
    let before = database.everything();
    database
        .psql_stdin(&upgrade(&lacking, ""), &[])
        .code(3)
        .stderr_has("revision rev4 needs ownership of TABLE public.t, which is postgres's");
    same("before", &before, &database.everything());
}
