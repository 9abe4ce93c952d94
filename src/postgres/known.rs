//! Words that may stand before a parenthesis and run nothing but the server's own: keywords, types, functions.
//!
//! Data, and never all of it: what is missing here counts as somebody's. Functions that run SQL which they are given, or change
//! settings, are left out. A function of a user's that is called like one of these is not thought of.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::name::QualifiedName;

/// From `pg_get_keywords()` of server 15, as far as a parenthesis may follow; and names of types and of index methods.
const KEYWORDS: &str = "
    all analyze and any array as between bit by case cast char character check coalesce collate conflict copy cube dec
    decimal default delete distinct do else except exclude exists extract filter first float for foreign from generated
    greatest group grouping having identity ilike in include insert intersect into is join key lateral least left like limit
    list materialized national nchar normalize not nullif numeric of offset on only or over overlaps overlay partition
    position primary range references returning right rollup row select set sets similar some storage substring table
    tablesample then time timestamp timestamptz timetz to treat trim union unique update using values varbit varchar varying
    verbose when where with zone
    interval bpchar bernoulli system
    xmlagg xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    brin btree gin gist hash spgist";

/// Functions of `pg_catalog`, each found there on server 15.
const FUNCTIONS: &str = "
    abs age array_agg array_append array_cat array_length array_lower array_position array_prepend array_remove
    array_replace array_to_json array_to_string array_upper ascii avg
    bit_and bit_or bool_and bool_or btrim
    cardinality ceil ceiling char_length character_length chr clock_timestamp col_description concat concat_ws convert_from
    convert_to count currval current_database current_schema current_schemas current_setting
    date_part date_trunc decode dense_rank
    encode enum_first enum_last enum_range every exp
    first_value floor format format_type
    gen_random_uuid generate_series generate_subscripts get_byte
    has_any_column_privilege has_column_privilege has_database_privilege has_function_privilege has_schema_privilege
    has_table_privilege hashtext
    initcap isfinite
    json_agg json_array_elements json_array_elements_text json_array_length json_build_array json_build_object json_each
    json_each_text json_extract_path json_extract_path_text json_object json_object_agg json_object_keys
    json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_typeof
    jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
    jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg
    jsonb_object_keys jsonb_path_exists jsonb_path_query jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record
    jsonb_to_recordset jsonb_typeof justify_days justify_hours
    lag last_value lastval lead length ln log lower lpad ltrim
    make_date make_interval make_time make_timestamp make_timestamptz max md5 min mod mode
    nextval now nth_value ntile num_nonnulls num_nulls
    obj_description octet_length
    percent_rank percentile_cont percentile_disc
    pg_advisory_lock pg_advisory_unlock pg_advisory_xact_lock pg_backend_pid pg_column_size pg_get_constraintdef
    pg_get_expr pg_get_functiondef pg_get_indexdef pg_get_serial_sequence pg_get_userbyid pg_get_viewdef pg_has_role
    pg_is_in_recovery pg_notify pg_relation_size pg_size_pretty pg_sleep pg_table_is_visible pg_table_size pg_total_relation_size
    pg_try_advisory_lock pg_try_advisory_xact_lock pg_typeof pi power
    quote_ident quote_literal quote_nullable
    random rank regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse
    round row_number row_to_json rpad rtrim
    set_byte setseed setval setweight sha224 sha256 sha384 sha512 sign split_part sqrt starts_with statement_timestamp
    stddev string_agg string_to_array strpos substr sum
    timeofday timezone to_char to_date to_hex to_json to_jsonb to_number to_regclass to_regnamespace to_regproc to_regrole
    to_regtype to_timestamp to_tsquery to_tsvector transaction_timestamp translate trunc tsvector_to_array
    unnest upper
    variance version
    width_bucket";

/// Functions of `pg_catalog` that do more than they are called for: they run SQL, or change settings.
const MORE: &str = "
    cursor_to_xml cursor_to_xmlschema database_to_xml database_to_xml_and_xmlschema query_to_xml query_to_xml_and_xmlschema
    query_to_xmlschema schema_to_xml schema_to_xml_and_xmlschema set_config table_to_xml table_to_xml_and_xmlschema
    ts_rewrite ts_stat";

static KNOWN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let words = [KEYWORDS, FUNCTIONS].into_iter();
    words.flat_map(str::split_ascii_whitespace).collect()
});

pub(super) fn is(name: &QualifiedName) -> bool {
    let word = name.name.as_str();
    match &name.schema {
        None => KNOWN.contains(word),
        Some(schema) => {
            schema.as_str() == "pg_catalog"
                && !MORE.split_ascii_whitespace().any(|more| more == word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Ident;

    #[test]
    fn what_is_the_servers_own() {
        let own = |schema: Option<&str>, name: &str| {
            is(&QualifiedName {
                schema: schema.map(Ident::new),
                name: Ident::new(name),
            })
        };
        for name in ["values", "count", "numeric", "now"] {
            assert!(own(None, name), "{name}");
        }
        assert!(own(Some("pg_catalog"), "pg_sleep_for"));
        for (schema, name) in [
            (None, "pg_helper"),
            (None, "set_config"),
            (None, "query_to_xml"),
            (Some("pg_catalog"), "set_config"),
            (Some("app"), "count"),
        ] {
            assert!(!own(schema, name), "{name}");
        }
    }
}
