//! What is written, row by row.

use super::*;
use crate::postgres::made::same;

#[track_caller]
fn holds(tool: Tool, rows: &[&str]) {
    for flavour in ["psql", "plain"] {
        let database = Database::create();
        run(&database, &tool.script(&["upgrade", "--flavour", flavour]));
        same(
            &format!("the rows of {}, {flavour}", tool.example),
            &rows.join("\n"),
            &tool.rows(&database),
        );
        run(&database, &tool.script(&["upgrade", "--flavour", flavour]));
        assert_eq!(rows.join("\n"), tool.rows(&database), "twice is once");
    }
}

#[test]
fn goose() {
    holds(GOOSE, &["0|t", "1|t", "2|t", "3|t", "4|t"]);
}

#[test]
fn golang_migrate() {
    holds(GOLANG_MIGRATE, &["5|f"]);
}

/// Digits of a folder's name up to its first `_`, without the hyphens.
#[test]
fn diesel() {
    let rows = [
        "20240203070000",
        "20240210123000",
        "20240301054500",
        "20240420160000",
    ];
    holds(DIESEL, &rows);
}

/// SHA-384 of the files, as sha384sum has it. No time was taken, which sqlx says by -1.
#[test]
fn sqlx() {
    holds(
        SQLX,
        &[
            "20240507081500|create hives|t|1fe35650ab0ed928cf42000b8be48a33498b9e2b73ce4d9c215bdee91f09841cabcd7bdde04650bd0deb3fabc73282d7|-1",
            "20240519174500|inspections|t|b83492668f5fd11b760c75de6bcbf6e0368986ddba8e247f1c543a340f36a7ae35a4f82793b7250362f1210e3afd0888|-1",
            "20240602063000|index inspections|t|d1d6ad1e7046be64943d190041c682b1148c3f3be30965998d38bab4767de20699fb77eae12f3ecb6abec6cd25e15d1a|-1",
            "20240811190000|honey|t|636f4e6cc8db3735dd01b8723e0915960e397feae7dc5eda9a8466d142023a5916139a7797e2b6c4ceb6ed2f7e872c56|-1",
        ],
    );
}

#[test]
fn dbmate() {
    let rows = [
        "20250310081500",
        "20250311104200",
        "20250402070000",
        "20250418093000",
    ];
    holds(DBMATE, &rows);
}

#[test]
fn sql_migrate() {
    holds(
        SQL_MIGRATE,
        &[
            "20240105-create_members.sql|f",
            "20240212-loans.sql|f",
            "20240301-lower_emails.sql|f",
            "20240302-unique_emails.sql|f",
        ],
    );
}

#[test]
fn node_pg_migrate() {
    holds(
        NODE_PG_MIGRATE,
        &[
            "1712563200000_create-courses",
            "1712649600000_enrolments",
            "1715241600000_seats",
            "1717920000000_index-enrolments",
        ],
    );
}

#[test]
fn tern() {
    holds(TERN, &["4"]);
}

/// The headers' own hashes, which graphile-migrate made and takes as they are.
#[test]
fn graphile_migrate() {
    holds(
        GRAPHILE_MIGRATE,
        &[
            "000001.sql|sha1:551dd756f282162fb45f50408d19517d2c8006bf|",
            "000002.sql|sha1:54e5a23d61623414132001d99679347dbb53ff44|sha1:551dd756f282162fb45f50408d19517d2c8006bf",
            "000003.sql|sha1:cffc491f2b04166dfb2452979b40742880d93671|sha1:54e5a23d61623414132001d99679347dbb53ff44",
            "000004.sql|sha1:f181bc2c3d257c6608f0f692f75f409482075714|sha1:cffc491f2b04166dfb2452979b40742880d93671",
        ],
    );
}

#[test]
fn refinery() {
    holds(
        REFINERY,
        &[
            "1|create_players|10578466046658139342",
            "2|scores|10041390602536077408",
            "3|index_scores|14593269784879648073",
            "10|seasons|10816188057252151998",
        ],
    );
}

#[test]
fn prisma() {
    holds(
        PRISMA,
        &[
            "20240311090000_init|74187f037e3c34e729f38104bb30685067a1efafde149d02caf987f415cc02d4|1|",
            "20240402101500_orders|5ebc7457002fba6150e3dc96dc86e7ce4c490daa0ea7a04ba61de15b1ef9b8e0|1|",
            "20240519143000_order_status|38ee5acf12e7e59e7e71c40640325fc6caed6e5f943806ad351d2e15d64037a2|1|",
            "20240620080000_orders_by_customer|c2197c187ded05aec9474e2def41b1460dd9879f2e2cda5e504255fcc7993d24|1|",
        ],
    );
}

#[test]
fn supabase() {
    let rows = [
        "20240212101500|create_notes",
        "20240305090000|share_notes",
        "20240418160000|touch_notes",
    ];
    holds(SUPABASE, &rows);
}

#[test]
fn drizzle() {
    holds(
        DRIZZLE,
        &[
            "1|4b3849ac6e57f33a6b3c968bba1e8655709a550a8af7db62973e0b8eb2687fd3|1712000000000",
            "2|3ab0d154eb9beba6ad93de1bbe5104bb34f2de268fbc6ece30bec3b6b14aa6dc|1712086400000",
            "3|f76b97a5615f5bfff1fdb6fde542f99db97ebdcf413da964deb5d3128128c1ea|1712172800000",
        ],
    );
}

/// CRC-32 of the lines, as Java has it: signed.
#[test]
fn flyway() {
    holds(
        FLYWAY,
        &[
            "1|1|create accounts|SQL|V1__create_accounts.sql|643141568|t",
            "2|1.1|bookings|SQL|V1_1__bookings.sql|1589681403|t",
            "3|1.2|index bookings|SQL|V1_2__index_bookings.sql|52619552|t",
            "4|1.10|account currency|SQL|V1_10__account_currency.sql|1080830774|t",
            "5||balances|SQL|R__balances.sql|1483081383|t",
        ],
    );
}

#[test]
fn liquibase() {
    holds(
        LIQUIBASE,
        &[
            "orders|maria|changes/orders.sql|1|EXECUTED|9:3205db729fe115f10ec384b78bdc9ff0|sql|Orders|||",
            "orders-total|maria|changes/orders.sql|2|EXECUTED|9:e782b66a2e4f3937b839557b88eb58ea|sql||||",
            "orders-by-customer|jan|changes/orders.sql|3|EXECUTED|9:c087866ad83d6da4e14ce9955bf04895|sql||||",
            "invoices|jan|changes/invoices.sql|4|EXECUTED|9:932b0e2199b9fe07209f01cd7193d7f3|sql|One invoice for each order|||",
        ],
    );
    let database = LIQUIBASE.upgraded();
    let lock = "SELECT id, locked, lockgranted, lockedby FROM databasechangeloglock";
    assert_eq!(database.query(lock), "1|f||");
}

#[test]
fn sqitch() {
    holds(
        SQITCH,
        &[
            "3b1dd2ad658ed357cbf5949eba855dca0b2bcb07|cd8193bb827432f420982e5bf6e1ed33858694c7|appschema|shelf|Schema of the app|2024-02-01 09:00:00|Ines Prado|ines@example.com",
            "22219dc0860e45569157ffec224bec96519be021|9305721eeec592ddd75f622696a4e330da8d8295|books|shelf|Books|2024-02-01 09:30:00|Ines Prado|ines@example.com",
            "32a80ec360c040e0693957d0142aa15c9573265c|efc10b1c3bc3b4592b99d3b22b3311cf3982a988|loans|shelf|Who has which book|2024-02-12 15:10:00|Ines Prado|ines@example.com",
            "4bec13f6b73ded8ca311f3fb5e2e85f5658660ae|d13be8a5a0622c2ac936915fc2676ecc3ce2201c|is_lent|shelf|Whether a book is lent|2024-02-12 16:00:00|Ines Prado|ines@example.com",
            "25619e29d5e5d2a2c30605fa0eef8a0fd9197a91|5c3948a2a8cae83538828193e022eb685fca6663|is_lent|shelf|Loans that are overdue count too|2024-04-20 11:00:00|Tom Berg|tom@example.com",
        ],
    );
    let database = SQITCH.upgraded();
    run(&database, &SQITCH.script(&["downgrade", "head:is_lent"]));
    let events =
        "SELECT event, change, requires, conflicts, tags FROM sqitch.events ORDER BY committed_at";
    assert_eq!(
        database.query(events),
        "deploy|appschema|{}|{}|{}\ndeploy|books|{appschema}|{}|{}\ndeploy|loans|{books}|{}|{}\n\
         deploy|is_lent|{loans}|{}|{@v1.0}\ndeploy|is_lent|{is_lent@v1.0}|{}|{}\nrevert|is_lent|{is_lent@v1.0}|{}|{}"
    );
    let needs = "SELECT type, dependency, c.change FROM sqitch.dependencies d JOIN sqitch.changes c ON c.change_id = d.dependency_id ORDER BY 2";
    assert_eq!(
        database.query(needs),
        "require|appschema|appschema\nrequire|books|books\nrequire|loans|loans"
    );
    let tags = "SELECT tag, tag_id, note FROM sqitch.tags";
    assert_eq!(
        database.query(tags),
        "@v1.0|2aa3f453afcdd277a490876d040d2bf9224b1c09|First release"
    );
}

/// One row per head, whatever is merged or depended on (formats of Alembic's own runs).
#[test]
fn alembic() {
    let project = Project::copy_of("tests/golden/branches/project");
    let config = project
        .read("signoff.toml")
        .replace("server = \"14\"\n", "");
    let config = format!("{config}\n[version_table]\nscheme = \"alembic\"\n");
    project.write("signoff.toml", config.as_bytes());
    let script = |words: &[&str]| project.run(words).success().stdout.clone();
    let history = script(&["history", "--json"]);
    let history: serde_json::Value = serde_json::from_str(&history).expect("history prints JSON");
    let of = |revision: &serde_json::Value, key: &str| -> Vec<String> {
        let ids = revision[key].as_array().into_iter().flatten();
        ids.map(|id| id.as_str().expect("is text").to_owned())
            .collect()
    };
    let database = Database::create();
    let mut heads: Vec<String> = Vec::new();
    let revisions = history["revisions"].as_array().expect("is a list");
    assert!(revisions.len() > 4, "{revisions:#?}");
    let versions = "SELECT version_num FROM alembic_version ORDER BY 1";
    for revision in revisions {
        let id = revision["id"].as_str().expect("is text");
        run(&database, &script(&["upgrade", id]));
        let below = [of(revision, "parents"), of(revision, "depends_on")].concat();
        heads.retain(|head| !below.contains(head));
        heads.push(id.to_owned());
        heads.sort();
        assert_eq!(database.query(versions), heads.join("\n"), "after {id}");
    }
    // And back, as far as there is a way.
    let (stays, before) = ("0d3f7a91c2e4", database.query(versions));
    run(
        &database,
        &script(&["downgrade", &format!("heads:{stays}")]),
    );
    assert_ne!(database.query(versions), before);
    assert_eq!(database.query(versions), stays);
}
