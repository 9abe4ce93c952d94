//! Whole bundles of three small projects, byte by byte; and that nothing but the input reaches these bytes.
//!
//! `linear`: native, CSV, an index built concurrently, a message full of quotes. `branches`: two branches and their
//! merge, repeatables, a variable, no way back from the first. `numbered`: golang-migrate files with all their oddities.

use camino::Utf8PathBuf;

use crate::support;
use crate::support::golden;
use crate::support::project::Project;

const CASES: [&str; 3] = ["branches", "linear", "numbered"];

#[test]
fn branches() {
    golden::bundle("branches");
}

#[test]
fn linear() {
    golden::bundle("linear");
}

#[test]
fn numbered() {
    golden::bundle("numbered");
}

/// The release of `linear` for clients that are not psql.
#[test]
fn plain() {
    golden::release("linear", &["bundle", "--flavour", "plain"], "plain");
}

/// A case's project in a folder of its own, its files made in this order, as one machine or another would have it.
fn project(case: &str, order: impl Fn(&mut Vec<Utf8PathBuf>)) -> Project {
    let folder = support::root()
        .join("tests/golden")
        .join(case)
        .join("project");
    let mut files = support::all_files(&folder);
    order(&mut files);
    let project = Project::new();
    for path in files {
        let bytes = std::fs::read(folder.join(&path)).expect("a fixture is readable");
        project.write(path.as_str(), &bytes);
    }
    project
}

/// All that the program makes of a project: release folder and scripts.
#[track_caller]
fn everything(project: &Project) -> Vec<(String, Vec<u8>)> {
    project.run(&["bundle"]).success();
    let mut made = Vec::new();
    for path in project.files("out") {
        let bytes = std::fs::read(project.path("out").join(&path)).expect("is readable");
        made.push((path.into_string(), bytes));
    }
    for command in [
        &["upgrade"][..],
        &["history", "--json"],
        &["heads", "--json"],
        &["check", "--json"],
    ] {
        let outcome = project.run(command);
        made.push((command.join(" "), outcome.success().stdout.clone().into()));
    }
    made
}

#[track_caller]
fn assert_same(one: &[(String, Vec<u8>)], other: &[(String, Vec<u8>)], what: &str) {
    let names = |made: &[(String, Vec<u8>)]| made.iter().map(|(name, _)| name.clone()).collect();
    let (names_of_one, names_of_other): (Vec<String>, Vec<String>) = (names(one), names(other));
    assert_eq!(names_of_one, names_of_other, "{what}");
    for ((name, one), (_, other)) in one.iter().zip(other) {
        assert!(one == other, "{what}: {name} is not the same");
    }
}

#[test]
fn neither_folder_nor_machine_nor_date_reaches_the_bytes() {
    for case in CASES {
        let one = project(case, |files| files.sort())
            .env("TZ", "Asia/Kathmandu")
            .env("LC_ALL", "C")
            .env("HOME", "/nonexistent")
            .env("USER", "one")
            .env("RAYON_NUM_THREADS", "1");
        let other = project(case, |files| files.reverse())
            .env("TZ", "America/St_Johns")
            .env("LC_ALL", "tr_TR.UTF-8")
            .env("LANG", "de_DE.ISO-8859-1")
            .env("HOME", "/tmp")
            .env("USER", "other")
            .env("PGDATABASE", "elsewhere")
            .env("DATABASE_URL", "postgres://other@elsewhere/")
            .env("SOURCE_DATE_EPOCH", "1")
            .env("RAYON_NUM_THREADS", "7");
        assert_same(&everything(&one), &everything(&other), case);
    }
}

/// Whoever compiles a second time, later, from a copy whose files are all of another day, gets the same.
#[test]
fn compiling_again_changes_nothing() {
    for case in CASES {
        let project = project(case, |files| files.sort());
        let first = everything(&project);
        for path in project.files(".") {
            let file = std::fs::File::options()
                .append(true)
                .open(project.path(path.as_str()))
                .expect("is ours");
            let day = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(24);
            file.set_modified(day).expect("the time can be set");
        }
        project.run(&["bundle"]).success().stdout_has("unchanged");
        assert_same(&first, &everything(&project), case);
    }
}

/// Whoever stands in a folder of the project compiles the project, to the same place and the same bytes.
#[test]
fn a_folder_below_is_the_same_project() {
    let project = project("linear", |files| files.sort()).file("services/billing/keep", "");
    let first = everything(&project);
    let mut command = project.command(&["bundle"]);
    command.current_dir(project.path("services/billing"));
    let outcome = support::outcome::run(&mut command, "");
    outcome
        .success()
        .stdout_has("unchanged: ../../out/linear-base-");
    assert_same(&first, &everything(&project), "linear");
}

/// The checksums that the run book tells to look at first are right, by the tool that it names.
#[test]
fn sha256sum_agrees_with_every_bundle() {
    for case in CASES {
        let project = project(case, |files| files.sort());
        project.run(&["bundle"]).success();
        let sums = project
            .files("out")
            .into_iter()
            .find(|path| path.file_name() == Some("SHA256SUMS"))
            .expect("a bundle has checksums");
        let folder = project
            .path("out")
            .join(sums.parent().expect("is in a folder"));
        let mut command = std::process::Command::new("sha256sum");
        command
            .args(["--strict", "--quiet", "-c", "SHA256SUMS"])
            .current_dir(&folder);
        support::outcome::run(&mut command, "").success();
        let listed = project.read(&format!("out/{sums}")).lines().count();
        let there = support::all_files(&folder).len();
        assert_eq!(listed, there - 1, "all but the list itself");
    }
}
