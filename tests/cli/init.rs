//! `signoff init`

use insta::assert_snapshot;

use super::{json, migration, session};
use crate::support::project::Project;

#[test]
fn a_project_begins() {
    let project = Project::new();
    assert_snapshot!(session(&project, &[&["init", "shop"]]));
    assert_snapshot!("signoff_toml", project.read("shop/signoff.toml"));
    assert_eq!(
        project.files("shop"),
        [
            "migrations/.gitattributes",
            "migrations/signoff.sum",
            "signoff.toml"
        ]
    );
    assert_eq!(
        project.read("shop/migrations/.gitattributes"),
        "signoff.sum merge=union\n"
    );
    assert_eq!(
        project.read("shop/migrations/signoff.sum"),
        "signoff.sum 1\n"
    );
}

/// What `init` writes is read back as a project, with the folder's name.
#[test]
fn what_it_writes_is_a_project() {
    let project = Project::new();
    project.run(&["init", "big shop"]).success();
    let config = project.run(&["config", "--json", "--config", "big shop/signoff.toml"]);
    let config = json(config.success());
    let name = config["settings"]
        .as_array()
        .expect("settings are a list")
        .iter()
        .find(|setting| setting["key"] == "project.name")
        .expect("a project has a name");
    assert_eq!(name["value"], "big-shop");
}

#[test]
fn in_the_folder_itself() {
    let project = Project::new();
    project
        .run(&["init"])
        .success()
        .quiet()
        .stdout_has("wrote signoff.toml\n");
    assert_eq!(project.run(&["-q", "init", "quiet"]).success().stdout, "");
}

#[test]
fn nothing_is_overwritten() {
    for there in ["signoff.toml", "migrations/signoff.sum"] {
        let project = Project::new().file(there, "mine\n");
        let before = project.everything();
        let outcome = project.run(&["init"]);
        outcome
            .code(2)
            .stderr_has(&format!("`{there}` is there already"))
            .stderr_has("signoff revision -m");
        assert_eq!(project.everything(), before);
    }
}

/// Who comes from Alembic names the folder of the migrations: harmless where nothing is, and an error where it would be
/// read as migrations.
#[test]
fn the_folder_is_the_project_s() {
    let project = Project::new();
    project.run(&["init", "migrations"]).success();
    assert!(project.path("migrations/migrations/signoff.sum").exists());
    let project = Project::new();
    project.run(&["init"]).success();
    let before = project.everything();
    for folder in ["migrations", "./sub/../migrations/deeper"] {
        project
            .run(&["init", folder])
            .code(2)
            .stderr_has("`migrations` holds the migrations of the project of `signoff.toml`");
    }
    assert_eq!(project.everything(), before);
    project.run(&["init", "beside"]).success();
}

/// All or nothing: `signoff.toml` comes first, and is taken back when the folder can't be made.
#[test]
fn nothing_is_left_of_half_a_project() {
    let project = Project::new().file("migrations", "a file where a folder belongs\n");
    let before = project.everything();
    let outcome = project.run(&["init"]);
    outcome
        .code(2)
        .stderr_has("cannot write `migrations/signoff.sum`");
    assert_eq!(project.everything(), before);
    // Nothing stands in the way of the second try.
    std::fs::remove_file(project.path("migrations")).expect("is ours");
    project.run(&["init"]).success();
}

/// Whatever the folder is called, the first command after `init` is not one that complains of the name.
#[test]
fn any_folder_can_hold_a_project() {
    let project = Project::new();
    let long = "x".repeat(200);
    for folder in [
        ".hidden",
        "-",
        "...",
        "日本",
        "a'b\"c",
        "--x",
        "with blank",
        &long,
    ] {
        project.run(&["init", "--", folder]).success();
        let config = format!("{folder}/signoff.toml");
        let outcome = project.run(&["heads", "-q", &format!("--config={config}")]);
        outcome.success().quiet();
    }
}

/// The example is sound as it stands, and its sections say what they teach.
#[test]
fn an_example_to_play_with() {
    let project = Project::new().env("SOURCE_DATE_EPOCH", "1767102933");
    let mut told = session(
        &project,
        &[&["init", "-t", "example"], &["history"], &["check"]],
    );
    for path in project.files("migrations") {
        told += "\n==> ";
        told += path.as_str();
        told += "\n";
        told += &project.read(&format!("migrations/{path}"));
    }
    // The ids are by chance.
    for (line, name) in [(0, "2222bbbb2222"), (1, "1111aaaa1111")] {
        let history = project.run(&["history"]).stdout.clone();
        let line = history.lines().nth(line).expect("there are two");
        let id = line.split(' ').nth(2).expect("it has an id");
        told = told.replace(id, name);
    }
    assert_snapshot!(told);
    project.run(&["seal"]).success().quiet();
    project.run(&["bundle"]).success().quiet();
}

#[test]
fn an_example_stands_beside_nothing() {
    let own = migration("aaaa", &[], "x", "SELECT 1;", "");
    for (there, text) in [
        ("migrations/one.sql", own.as_str()),
        ("db/migrations/1_a.up.sql", "SELECT 1;"),
    ] {
        let project = Project::new().file(there, text);
        let before = project.everything();
        project
            .run(&["init", "-t", "example"])
            .code(2)
            .stderr_has("holds migrations already, and the example would stand beside them");
        assert_eq!(project.everything(), before);
        project.run(&["init", "--template=minimal"]).success();
    }
}

/// Migrations of another tool are compiled where they are: no folder of ours is made over them.
#[test]
fn over_the_migrations_of_another_tool() {
    for place in ["db/migrations", "migrations"] {
        let script = format!("shop/{place}/1_first.up.sql");
        let project = Project::new().file(&script, "SELECT 1;\n");
        project
            .run(&["init", "shop"])
            .success()
            .quiet()
            .stdout_has(&format!("signoff upgrade --path shop/{place}\n"));
        let files = [format!("{place}/1_first.up.sql"), "signoff.toml".to_owned()];
        assert_eq!(project.files("shop"), files);
        for command in [
            &["upgrade", "--config", "shop/signoff.toml"][..],
            &["upgrade", "--path", &format!("shop/{place}")],
        ] {
            project.run(command).success().stdout_has("SELECT 1;");
        }
    }
}
