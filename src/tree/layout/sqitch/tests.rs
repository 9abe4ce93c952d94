//! Small trees of Sqitch's.

use serde_json::{Value, json};

use crate::tree::tests::{Disk, ids, sql};
use crate::tree::{Direction, Part, Tree};

const HEAD: &str = "%syntax-version=1.0.0\n%project=shop\n%uri=https://example.com/shop\n\n";

/// A plan's lines, each completed by a date and a planner.
fn plan(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| match line.split_once(" #") {
        Some((line, note)) => {
            format!("{line} 2024-01-31T12:00:00Z Ann <ann@example.com> #{note}\n")
        }
        None => format!("{line} 2024-01-31T12:00:00Z Ann <ann@example.com>\n"),
    });
    HEAD.to_owned() + &lines.collect::<String>()
}

fn up(tree: &Tree, at: usize) -> String {
    sql(&tree.migrations[at], Direction::Up).expect("there")
}

/// What a change's upgrade becomes.
fn one(script: &str) -> (Tree, Vec<String>) {
    Disk::new()
        .file("sqitch.plan", plan(&["a"]))
        .file("deploy/a.sql", script)
        .read()
}

#[test]
fn the_plan_orders_the_changes() {
    let (tree, told) = Disk::new()
        .file(
            "sqitch.plan",
            plan(&[
                "users # The users\\nof all",
                "tables/posts [users shop:users]",
                "@v1.0",
            ]) + "\n# x\n",
        )
        .file(
            "sqitch.conf",
            "[core]\n\tengine = pg\n[deploy]\n\tverify = true\n",
        )
        .file("deploy/users.sql", "BEGIN;\r\nSELECT 1;\r\nCOMMIT;\r\n")
        .file("revert/users.sql", "SELECT -1;")
        .file("verify/users.sql", "\\bad")
        .file("deploy/tables/posts.sql", "SELECT 2")
        .file("deploy/more.sql", "x")
        .read();
    assert_eq!(tree.layout, "sqitch");
    assert_eq!(ids(&tree), ["users", "tables/posts"]);
    assert_eq!(tree.migrations[0].message, "The users of all");
    assert_eq!(up(&tree, 0), "BEGIN;\r\nSELECT 1;\r\nCOMMIT;\r\n");
    assert!(tree.migrations[0].down.is_some() && tree.migrations[1].down.is_none());
    let last = told.last().map(String::as_str);
    assert_eq!(
        last,
        Some("warning passed-over `m/deploy/more.sql` is left out: the plan does not name it")
    );
}

#[test]
fn what_was_before_a_rework_lies_under_a_tag_and_keeps_its_id() {
    let (tree, told) = Disk::new()
        .file(
            "sqitch.plan",
            plan(&[
                "f",
                "@v1",
                "@v1b",
                "g",
                "@v2",
                "f [f@v2] # again",
                "@v3",
                "f [f@v3]",
            ]),
        )
        .file("deploy/f@v1.sql", "1")
        .file("deploy/f@v3.sql", "2")
        .file("deploy/f.sql", "3")
        .file("revert/f.sql", "-3")
        .file("revert/f@v1.sql", "-1")
        .file("deploy/g.sql", "g")
        .read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(ids(&tree), ["f", "g", "f#2", "f#3"]);
    assert_eq!([up(&tree, 0), up(&tree, 2), up(&tree, 3)], ["1", "2", "3"]);
    let down = |at: usize| sql(&tree.migrations[at], Direction::Down);
    assert_eq!(
        [down(0), down(2), down(3)],
        [Some("-1".to_owned()), None, Some("-3".to_owned())]
    );
}

#[test]
fn what_sqitch_stops_at_is_an_error() {
    let (_, told) = Disk::new()
        .file(
            "sqitch.plan",
            plan(&["a [b @v1 other:x]", "b [!a]", "a", "gone"]) + "nonsense\n",
        )
        .file(
            "sqitch.conf",
            "[core]\nengine = mysql\n[engine \"pg\"]\ndeploy_dir = x\n",
        )
        .file("deploy/a.sql", "a")
        .file("deploy/b.sql", "b")
        .read();
    assert_eq!(
        told,
        [
            "other-database m/sqitch.conf:2:1 this tree is for mysql, and signoff writes scripts for PostgreSQL",
            "sqitch-conf m/sqitch.conf:4:1 `deploy_dir` of [engine \"pg\"] moves files for some databases or directions only",
            "bad-plan m/sqitch.plan:9:1 this is no line of a plan: a change has a name, a date and a planner",
            "unmet-need m/sqitch.plan:5:4 `a` requires `b`, which does not stand above it in the plan",
            "unmet-need m/sqitch.plan:5:6 `a` requires `@v1`, which does not stand above it in the plan",
            "warning other-project m/sqitch.plan:5:10 `other:x` is of another project, `other`, and no script looks for it",
            "unmet-need m/sqitch.plan:6:4 `b` conflicts with `a`, which stands above it in the plan",
            "duplicate-version m/sqitch.plan:7:1 the plan has `a` twice without a tag between",
            "missing-file m/sqitch.plan:8:1 the plan names `gone`, and there is no `m/deploy/gone.sql`",
        ]
    );
    let (_, told) = Disk::new().layout("sqitch").file("x.sql", "x").read();
    assert!(
        told[0].starts_with("missing-file there is no plan `m/sqitch.plan`"),
        "{told:?}"
    );
}

#[test]
fn variables_are_put_in_by_literals() {
    let (tree, told) = one(
        "\\set ON_ERROR_STOP on\n\\set schema app\n\\set who 'it''s ' \"me\"\n\\set both :schema _x\nSELECT :'who' FROM :schema.t, :\"both\" WHERE a[1:n] = '{:schema}' AND b::text = $$:who$$;\n",
    );
    assert_eq!(told, Vec::<String>::new());
    let text = up(&tree, 0);
    assert_eq!(
        text,
        "\n\n\n\nSELECT 'it''s me' FROM app.t, \"app_x\" WHERE a[1:n] = '{:schema}' AND b::text = $$:who$$;\n"
    );
    let script = tree.migrations[0].up.as_ref().expect("there");
    let Part::Sql(woven) = &script.parts[0] else {
        panic!("SQL");
    };
    let at = text.find(".t,").expect("there");
    assert_eq!(tree.sources.slice(woven.locate(at..at + 3)), ".t,");
    let at = text.find("app.t").expect("there");
    assert_eq!(
        tree.sources.slice(woven.locate(at..at + 3)),
        "\\set schema app"
    );
    assert!(script.variables(&tree.sources).is_empty());
}

#[test]
fn variables_that_nothing_sets_take_values_of_the_config() {
    let script = "SELECT :'x', :y;\nSELECT :y;";
    let (_, told) = one(script);
    assert_eq!(
        told,
        [
            "unknown-variable m/deploy/a.sql:1:8 the tree needs values that nothing gives: `:'x'`, `:y`"
        ]
    );
    let mut disk = Disk::new()
        .file("sqitch.plan", plan(&["a"]))
        .file("deploy/a.sql", script);
    disk.request.variables = [("x", "a'b\\"), ("y", "1")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let (tree, told) = disk.read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(up(&tree, 0), "SELECT E'a''b\\\\', 1;\nSELECT 1;");
    let names = tree.migrations[0]
        .up
        .as_ref()
        .expect("there")
        .variables(&tree.sources);
    assert_eq!(names.into_keys().collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn included_files_stand_where_they_are_included_and_lead_back() {
    let (tree, told) = Disk::new()
        .file("sqitch.plan", plan(&["a"]))
        .file(
            "deploy/a.sql",
            "BEGIN;\n\\i lib/one.sql\n\\ir ../lib/'two b.sql'\nCOMMIT;\n",
        )
        .file("lib/one.sql", "\\set x 1\nSELECT 'one'")
        .file(
            "lib/two b.sql",
            "SELECT :x;\nCOPY t FROM stdin;\nit's\t\\N\n\\.\n",
        )
        .read();
    assert_eq!(told, Vec::<String>::new());
    let text = up(&tree, 0);
    assert_eq!(
        text,
        "BEGIN;\n\nSELECT 'one'\n;\nSELECT 1;\nCOPY t FROM stdin;\nit's\t\\N\n\\.\n\nCOMMIT;\n"
    );
    let script = tree.migrations[0].up.as_ref().expect("there");
    let Part::Sql(woven) = &script.parts[0] else {
        panic!("SQL");
    };
    let place = |words: &str| {
        let at = text.find(words).expect("there");
        tree.sources.place(woven.locate(at..at + words.len()))
    };
    assert_eq!(place("SELECT 'one'"), "m/lib/one.sql:2");
    assert_eq!(place("COPY t"), "m/lib/two b.sql:2");
    assert_eq!(place("COMMIT;"), "m/deploy/a.sql:4");
    assert_eq!(place("BEGIN;\n\nSELECT"), "m/deploy/a.sql:1");
}

#[test]
fn every_other_command_is_refused_with_its_place() {
    let (_, told) = one(
        "\\copy t from program 'sed ''s/x/y/'''\n\\set now `date`\n\\set ON_ERROR_STOP off\nSELECT 1 \\gset\nSELECT\n\\set x 1\n2;\n\\i gone.sql\n\\i deploy/a.sql\n\\set a b \\set c d\n",
    );
    let told: Vec<&str> = told
        .iter()
        .map(|line| line.split(" psql's").next().expect("a part"))
        .collect();
    assert_eq!(
        told,
        [
            "psql-command m/deploy/a.sql:1:1",
            "psql-command m/deploy/a.sql:2:1",
            "psql-command m/deploy/a.sql:3:1",
            "psql-command m/deploy/a.sql:4:10",
            "psql-command m/deploy/a.sql:6:1",
            "missing-file m/deploy/a.sql:8:1 `gone.sql` is included, and is no file of the tree",
            "psql-command m/deploy/a.sql:9:1",
            "psql-command m/deploy/a.sql:10:1",
        ]
    );
}

#[test]
fn a_commit_that_ends_nothing_is_left_out() {
    let (tree, told) = one("SELECT 1;\ncommit;\nBEGIN;\nSELECT 2;\nEND;\nCOMMIT");
    assert_eq!(up(&tree, 0), "SELECT 1;\n;\nBEGIN;\nSELECT 2;\nEND;\n");
    let lone = "this COMMIT ends no transaction of the script, and is left out";
    assert_eq!(
        told,
        [
            format!("warning lone-commit m/deploy/a.sql:2:1 {lone}"),
            format!("warning lone-commit m/deploy/a.sql:6:1 {lone}"),
        ]
    );
    let (tree, told) = one("COMMIT");
    assert_eq!((up(&tree, 0).as_str(), told.len()), ("", 1));
}

/// What sqitch 1.3 had in its tables; hashes of scripts by `sha1sum`.
#[test]
fn a_record_has_the_ids_that_sqitch_makes() {
    let plan = "%syntax-version=1.0.0\n%project=demo # x\n%uri=https://example.com/demo/\n\nusers 2026-11-22T17:14:15Z Test User <test@example.com> # Add users.\nposts [users] 2026-11-22T17:14:22Z Test User <test@example.com> # Add posts.\\nSecond line.\n@v1.0 2026-11-22T17:14:27Z Test User <test@example.com> # tag it\n";
    let (tree, told) = Disk::new()
        .file("sqitch.plan", plan)
        .file("deploy/users.sql", "\u{feff}a\r\n")
        .file("deploy/posts.sql", "create table users (id int);\n")
        .read();
    assert_eq!(told, Vec::<String>::new());
    let of = |at: usize| serde_json::to_value(&tree.migrations[at].record).expect("JSON");
    assert_eq!(
        of(0),
        json!({
            "change_id": "c85e19e72f1d3356f5b5df0be9e484badceb3e44",
            "change": "users",
            "project": "demo",
            "uri": "https://example.com/demo/",
            "script_hash": "6920a79822f55ac83dee14fabf61a13c489a3a39",
            "note": "Add users.",
            "requires": [],
            "conflicts": [],
            "dependencies": [],
            "tags": [],
            "planned_at": "2026-11-22T17:14:15Z",
            "planner_name": "Test User",
            "planner_email": "test@example.com",
        })
    );
    let posts = of(1);
    assert_eq!(
        posts["change_id"],
        "7e173aaba9e6a95348fecd3167092255f5851ec4"
    );
    assert_eq!(posts["note"], "Add posts.\nSecond line.");
    assert_eq!(
        posts["script_hash"],
        "daf010c72bd3c6928c7abb7f8fab4e1951bdd368"
    );
    assert_eq!(
        posts["dependencies"],
        json!([{"type": "require", "dependency": "users", "dependency_id": "c85e19e72f1d3356f5b5df0be9e484badceb3e44"}])
    );
    assert_eq!(
        posts["tags"],
        json!([{
            "tag": "@v1.0",
            "tag_id": "682bf321e83ec0bed82f8f4138199cf3d6454d3c",
            "note": "tag it",
            "planned_at": "2026-11-22T17:14:27Z",
            "planner_name": "Test User",
            "planner_email": "test@example.com",
        }])
    );
}

/// Asked of sqitch 1.3 (`sqitch show change`, `sqitch show tag`).
#[test]
fn needs_are_recorded_with_the_ids_of_what_is_above() {
    let plan = "%syntax-version=1.0.0\n%project=p\n%uri=HTTPS://Example.com\n\n+ f 2024-01-31T12:00:00Z A  B <a@b>\ng [p:f !x q:y !z@v9] 2024-01-31T12:00:01Z Ä ß <a@b>   #   a \\\\n b\\nc  \n@v1 2024-01-31T12:00:02Z A <a@b>\nf [f@v1] 2024-01-31T12:00:03Z A <a@b>\n@v2 2024-01-31T12:00:04Z A <a@b> # two\nh [f f@v2 @v1] 2024-01-31T12:00:05Z A <a@b>\n";
    let (tree, _) = Disk::new()
        .file("sqitch.plan", plan)
        .file("deploy/f@v1.sql", "1")
        .file("deploy/g.sql", "2")
        .file("deploy/f.sql", "3")
        .file("deploy/h.sql", "4")
        .read();
    let of = |at: usize, key: &str| tree.migrations[at].record[key].clone();
    let ids: Vec<Value> = (0..4).map(|at| of(at, "change_id")).collect();
    assert_eq!(
        ids,
        [
            "c52959cdbc4db7ce717a5558f2ec7552e994298a",
            "f5dd22cc99b1eee5926bca69545a629ecb3a3b66",
            "ec02aa03e6267d28fb6fcfa2c8bf7421dcec9df0",
            "df85d7bd218f2aef5aaaf6691f1344052dc43444"
        ]
    );
    assert_eq!(of(1, "note"), "a \\n b\nc");
    assert_eq!(of(1, "requires"), json!(["f", "q:y"]));
    assert_eq!(of(1, "conflicts"), json!(["x", "z@v9"]));
    let meant = |at: usize| {
        let list = of(at, "dependencies");
        let list = list.as_array().expect("a list").iter();
        let ids = list.map(|it| it["dependency_id"].clone());
        ids.collect::<Vec<Value>>()
    };
    assert_eq!(
        meant(1),
        [ids[0].clone(), Value::Null, Value::Null, Value::Null]
    );
    assert_eq!(meant(2), [ids[0].clone()]);
    assert_eq!(meant(3), [ids[0].clone(), ids[2].clone(), ids[1].clone()]);
    assert_eq!(
        of(2, "tags")[0]["tag_id"],
        "8e8607d3bdca20621ce3ce79c9323c90668fe129"
    );
}

/// As `sqitch plan --format 'format:%h'` prints them; hashes of scripts by `sha1sum`.
#[test]
fn the_example_has_the_ids_that_sqitch_prints() {
    let mut disk = Disk::new();
    disk.request.cwd = env!("CARGO_MANIFEST_DIR").into();
    disk.request.root = "examples/from-sqitch/db/migrations".into();
    let (tree, _) = disk.read();
    let texts = |key: &str| {
        let records = tree.migrations.iter().map(|it| it.record[key].clone());
        records.collect::<Vec<_>>()
    };
    assert_eq!(
        texts("change_id"),
        [
            "3b1dd2ad658ed357cbf5949eba855dca0b2bcb07",
            "22219dc0860e45569157ffec224bec96519be021",
            "32a80ec360c040e0693957d0142aa15c9573265c",
            "4bec13f6b73ded8ca311f3fb5e2e85f5658660ae",
            "25619e29d5e5d2a2c30605fa0eef8a0fd9197a91",
        ]
    );
    assert_eq!(
        texts("script_hash"),
        [
            "cd8193bb827432f420982e5bf6e1ed33858694c7",
            "9305721eeec592ddd75f622696a4e330da8d8295",
            "efc10b1c3bc3b4592b99d3b22b3311cf3982a988",
            "d13be8a5a0622c2ac936915fc2676ecc3ce2201c",
            "5c3948a2a8cae83538828193e022eb685fca6663",
        ]
    );
}
