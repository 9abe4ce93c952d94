//! Functions whose effect stays when the transaction that called them is rolled back.
//!
//! Data. What is not here was not looked at; `nextval` is left out, for rows that are inserted move sequences anyway.

use super::Lasting;

const TRIED: &str = "tried on server 15: its effect is there after ROLLBACK";
const DOCUMENTED: &str = "read in the documentation: a signal, or a state of the whole server";

/// Names in lower case; one that ends in `*` stands for all that begin so.
const LASTING: &[(&[&str], Lasting)] = &[
    (
        &["setval"],
        Lasting {
            does: "sets a sequence",
            source: TRIED,
        },
    ),
    (
        &[
            "pg_create_logical_replication_slot",
            "pg_create_physical_replication_slot",
            "pg_copy_logical_replication_slot",
            "pg_copy_physical_replication_slot",
            "pg_drop_replication_slot",
            "pg_logical_slot_get_*",
            "pg_replication_slot_advance",
        ],
        Lasting {
            does: "makes, moves or drops a replication slot",
            source: TRIED,
        },
    ),
    // The row of `pg_replication_origin_create` is rolled back.
    (
        &[
            "pg_replication_origin_advance",
            "pg_replication_origin_drop",
            "pg_replication_origin_session_*",
        ],
        Lasting {
            does: "moves a replication origin",
            source: TRIED,
        },
    ),
    (
        &["dblink*"],
        Lasting {
            does: "speaks to another session, by dblink",
            source: TRIED,
        },
    ),
    (
        &[
            "lo_export",
            "pg_file_rename",
            "pg_file_sync",
            "pg_file_unlink",
            "pg_file_write",
        ],
        Lasting {
            does: "writes a file of the server",
            source: TRIED,
        },
    ),
    (
        &[
            "pg_advisory_lock",
            "pg_advisory_lock_shared",
            "pg_advisory_unlock*",
            "pg_try_advisory_lock",
            "pg_try_advisory_lock_shared",
        ],
        Lasting {
            does: "takes or gives back a lock of the session",
            source: TRIED,
        },
    ),
    (
        &[
            "pg_cancel_backend",
            "pg_log_backend_memory_contexts",
            "pg_promote",
            "pg_reload_conf",
            "pg_rotate_logfile",
            "pg_terminate_backend",
            "pg_wal_replay_*",
        ],
        Lasting {
            does: "signals the server or another session",
            source: DOCUMENTED,
        },
    ),
    (
        &[
            "pg_backup_*",
            "pg_create_restore_point",
            "pg_logical_emit_message",
            "pg_start_backup",
            "pg_stop_backup",
            "pg_switch_wal",
        ],
        Lasting {
            does: "writes to the server's log of changes",
            source: TRIED,
        },
    ),
    (
        &["pg_stat_reset*", "pg_stat_statements_reset"],
        Lasting {
            does: "resets statistics",
            source: TRIED,
        },
    ),
];

pub(super) fn of(function: &str) -> Option<Lasting> {
    let is = |name: &&str| match name.strip_suffix('*') {
        Some(start) => function.starts_with(start),
        None => function == *name,
    };
    let found = LASTING.iter().find(|(names, _)| names.iter().any(is));
    found.map(|(_, lasting)| *lasting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_row() {
        for (names, lasting) in LASTING {
            for name in *names {
                let name = name.trim_end_matches('*');
                assert_eq!(of(name), Some(*lasting), "{name}");
                let begins =
                    |row: &&(&[&str], Lasting)| row.0.iter().any(|other| other.starts_with(name));
                assert_eq!(LASTING.iter().filter(begins).count(), 1, "{name}");
            }
        }
    }

    #[test]
    fn what_a_rollback_takes_back() {
        for name in [
            "nextval",
            "pg_advisory_xact_lock",
            "pg_notify",
            "pg_replication_origin_create",
            "pg_stat_get_activity",
            "lo_unlink",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
