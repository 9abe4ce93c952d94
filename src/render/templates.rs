//! The table of embedded templates.

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        /// Every template, by its path in `templates/`.
        pub(super) const EMBEDDED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name)))),*];
    };
}

embedded![
    "downgrade.sql",
    "plan.sql",
    "runbook.md",
    "script/again.sql",
    "script/ask.sql",
    "script/blocks.sql",
    "script/client.sql",
    "script/close.sql",
    "script/create.sql",
    "script/database.sql",
    "script/header.sql",
    "script/lock.sql",
    "script/machinery.sql",
    "script/machinery/bare.sql",
    "script/machinery/detach.sql",
    "script/machinery/index.sql",
    "script/machinery/objects.sql",
    "script/machinery/record.sql",
    "script/machinery/reindex.sql",
    "script/machinery/repeatable.sql",
    "script/machinery/rows.sql",
    "script/machinery/steps.sql",
    "script/machinery/transaction.sql",
    "script/manifest.sql",
    "script/modes.sql",
    "script/needs.sql",
    "script/pooler.sql",
    "script/receipt.sql",
    "script/rows.sql",
    "script/running.sql",
    "script/server.sql",
    "script/session.sql",
    "script/state.sql",
    "script/waiters.sql",
    "script/words.sql",
    "status.sql",
    "upgrade.sql",
];
