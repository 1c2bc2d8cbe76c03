//! The log on standard error, in processes of their own: a process has one for good.

use std::{
    env,
    process::{Command, Output},
};

use ogpu_client::{VerboseError, set_verbose, set_verbose_from_env};
use tracing::{debug, info, trace};

/// Set for a process that is to log, not to test.
const CHILD: &str = "OGPU_TEST_CHILD";

/// What this test's namesake does in a process with this in `.env` of its working directory.
fn run(test: &str, dot_env: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(".env"), dot_env).unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .current_dir(directory.path())
        .env_remove("OGPU_VERBOSE")
        .env("HOME", directory.path())
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

#[test]
fn the_variable_and_the_switch_show_what_this_workspace_logs() {
    if env::var_os(CHILD).is_some() {
        set_verbose(false).unwrap();
        let is_on = set_verbose_from_env().unwrap();
        debug!(target: "ogpu_client::rpc", "our request");
        trace!(target: "ogpu_client::transitions", "a step");
        info!(target: "hyper", "somebody else's");
        if is_on {
            set_verbose(false).unwrap();
            info!(target: "ogpu_client", "while it was off");
            set_verbose(true).unwrap();
            info!(target: "ogpu_devnet", "on again");
        }
        return;
    }
    let test = "the_variable_and_the_switch_show_what_this_workspace_logs";
    let log = String::from_utf8(run(test, "OGPU_VERBOSE=1").stderr).unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].ends_with("DEBUG ogpu_client::rpc: our request"));
    assert!(lines[1].ends_with(" INFO ogpu_devnet: on again"));
    assert!(run(test, "OGPU_VERBOSE=0").stderr.is_empty());
}

#[test]
fn a_programs_own_subscriber_is_left_alone() {
    if env::var_os(CHILD).is_some() {
        tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
        assert!(matches!(set_verbose(true), Err(VerboseError::Taken)));
        set_verbose(false).unwrap();
        info!(target: "ogpu_client", "unseen");
        return;
    }
    let output = run("a_programs_own_subscriber_is_left_alone", "");
    assert!(output.stderr.is_empty(), "{output:?}");
}
