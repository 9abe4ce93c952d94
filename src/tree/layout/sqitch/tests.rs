//! Small trees of Sqitch's.

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
