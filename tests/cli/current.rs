//! `signoff current`, and what a receipt is good for beside that. (That scripts print one is seen in `postgres/back.rs`.)

use insta::assert_snapshot;
use serde_json::json;

use super::{branched, json, session};
use crate::support::project::Project;

/// A receipt of these revisions, each with its state.
fn receipt(project: &Project, rows: &[(&str, &str)]) -> String {
    let release = project.run(&["bundle", "heads", "--out", "made"]);
    let folder = release.success().stdout.clone();
    let folder = folder.split_whitespace().nth(1).expect("a folder");
    let manifest = project.read(&format!("{folder}/manifest.json"));
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let up = |id: &str| {
        let all = manifest["revisions"].as_array().expect("a list");
        let found = all.iter().find(|revision| revision["id"] == id);
        found.map_or(json!("sha256:0"), |revision| revision["up"].clone())
    };
    let rows: Vec<_> = rows
        .iter()
        .map(|(id, state)| json!({ "id": id, "up": up(id), "state": state }))
        .collect();
    let rows = serde_json::to_string(&rows).expect("JSON");
    format!(
        "signoff: done: some are applied\n{{\"format\" : 1, \"project\" : \"shop\", \"database\" : \"shop_prod\", \"system_identifier\" : null, \"at\" : \"2026-11-25T20:00:00Z\", \"bundle\" : null, \"ticket\" : \"CHG-7\", \"revisions\" : {rows}}}\n"
    )
}

fn with_environments() -> Project {
    let project = branched();
    project.write(
        "signoff.toml",
        b"[project]\nname = \"shop\"\n[environments.prod]\nreceipt = \"deploy/prod.txt\"\n[environments.test]\nreceipt = \"deploy/test.txt\"\n",
    );
    let part = receipt(
        &project,
        &[
            ("aaaa00000001", "applied"),
            ("bbbb00000002", "applied"),
            ("cccc00000003", "upgrading"),
            ("repeatable:v", "applied"),
        ],
    );
    project.write("deploy/prod.txt", part.as_bytes());
    let all = [
        "aaaa00000001",
        "bbbb00000002",
        "cccc00000003",
        "dddd00000004",
    ];
    let all = all.map(|id| (id, "applied"));
    project.write("deploy/test.txt", receipt(&project, &all).as_bytes());
    project
}

#[test]
fn what_an_environment_has() {
    assert_snapshot!(session(
        &with_environments(),
        &[
            &["current"],
            &["current", "prod", "--verbose"],
            &["current", "prod", "--check-heads"],
            &["current", "test", "-c"],
            &["current", "--receipt", "deploy/prod.txt"],
            &["current", "prod", "--json"],
            &["current", "staging"],
            &["history", "-i"],
            &["history", "-i", "prod", "-r", "prod:heads"],
            &["history", "--receipt", "deploy/test.txt", "-r", "current"],
        ]
    ));
}

#[test]
fn an_expression_may_name_an_environment() {
    let project = with_environments();
    let names = |arguments: &[&str]| {
        let outcome = project.run(&[&["bundle", "--json", "--out", "new"], arguments].concat());
        json(outcome.success())["folder"]
            .as_str()
            .map(str::to_owned)
    };
    assert_eq!(
        names(&["prod:cccc"]).as_deref(),
        Some("new/shop-bbbb00000002-cccc00000003")
    );
    assert_eq!(
        names(&["current:heads", "--receipt", "deploy/prod.txt"]).as_deref(),
        Some("new/shop-bbbb00000002-heads")
    );
    let script = |arguments: &[&str]| project.run(arguments).success().stdout.clone();
    assert_eq!(
        script(&["upgrade", "prod:cccc,dddd"]),
        script(&["upgrade", "bbbb:heads"])
    );
    assert_eq!(
        script(&["downgrade", "test:prod"]),
        script(&["downgrade", "heads:bbbb"])
    );
}

#[test]
fn what_can_not_be_known() {
    let project = with_environments();
    let rows = [("aaaa00000001", "applied"), ("eeee00000005", "applied")];
    project.write("other.txt", receipt(&project, &rows).as_bytes());
    let changed = receipt(&project, &rows[..1]).replace("sha256:", "sha256:0");
    project.write("changed.txt", changed.as_bytes());
    project.write(
        "foreign.txt",
        changed.replace("\"shop\"", "\"bank\"").as_bytes(),
    );
    project.write("empty.txt", b"");
    project.write("cut.txt", &changed.as_bytes()[..90]);
    project.write("newer.txt", changed.replace(": 1,", ": 9,").as_bytes());
    assert_snapshot!(session(
        &project,
        &[
            &["current", "--receipt", "other.txt"],
            &["upgrade", "current:heads", "--receipt", "foreign.txt"],
            &["current", "--receipt", "empty.txt"],
            &["current", "--receipt", "cut.txt"],
            &["current", "--receipt", "newer.txt"],
            &["current", "--receipt", "nowhere.txt"],
            &["upgrade", "current:heads"],
        ]
    ));
    let outcome = project.run(&["current", "--receipt", "changed.txt"]);
    outcome
        .code(2)
        .stderr_has("note: aaaa00000001 was applied as sha256:0");
    // Without a word about any, there is none to tell of.
    assert_snapshot!(session(
        &branched(),
        &[&["current"], &["current", "prod"], &["history", "-i"]]
    ));
}

#[test]
fn environments_have_names_of_their_own() {
    let project = branched();
    for (config, says) in [
        (
            "[environments.head]\nreceipt = \"x\"\n",
            "`head` is no environment's name",
        ),
        (
            "[environments.\"a:b\"]\nreceipt = \"x\"\n",
            "`a:b` is no environment's name",
        ),
        ("[environments.prod]\n", "environment `prod` has no receipt"),
        (
            "[environments.prod]\nreciept = \"x\"\n",
            "did you mean `receipt`?",
        ),
        ("[environments]\nprod = \"x\"\n", "must be a table"),
    ] {
        project.write(
            "signoff.toml",
            format!("[project]\nname = \"shop\"\n{config}").as_bytes(),
        );
        project.run(&["heads"]).code(2).stderr_has(says);
    }
}

/// Wherever a revision is looked at, what an environment has is one.
#[test]
fn revisions_are_named_by_what_an_environment_has() {
    assert_snapshot!(session(
        &with_environments(),
        &[
            &["show", "prod"],
            &["show", "current", "--receipt", "deploy/prod.txt"],
            &["history", "-r", "prod:cccc"],
            &["history", "-r-1:prod"],
            &["history", "-r-1:current", "--receipt", "deploy/prod.txt"],
            &["edit", "current", "--receipt", "deploy/prod.txt"],
            &["show", "current"],
        ],
    ));
}
