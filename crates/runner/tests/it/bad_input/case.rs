//! A case of the table: a prepared folder, a command, what must be said.

use expect_test::Expect;
use vds_variational::PruningRule;

use crate::sandbox::{Sandbox, configs};

/// A command that must be refused.
pub(super) struct Case {
    name: &'static str,
    command: String,
    prepare: Box<dyn Fn(&Sandbox)>,
    expected: Expect,
}

/// A case. In the message, `ROOT` and `CONFIGS` stand for the folder of the command and that of the shipped configurations,
/// `RULES` for the names of the pruning rules.
pub(super) fn case(
    name: &'static str,
    command: impl Into<String>,
    prepare: impl Fn(&Sandbox) + 'static,
    expected: Expect,
) -> Case {
    Case {
        name,
        command: command.into(),
        prepare: Box::new(prepare),
        expected,
    }
}

impl Case {
    pub(super) fn name(&self) -> &str {
        self.name
    }

    /// Runs the command, which must give exactly this message; says what else is wrong: another exit code than 2, or
    /// something changed on disk.
    #[must_use]
    pub(super) fn faults(&self) -> Vec<String> {
        let sandbox = Sandbox::new();
        (self.prepare)(&sandbox);
        let before = sandbox.everything();
        let output = sandbox.command(&self.command).output().unwrap();
        let mut text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        if self.command.starts_with("predict ") && !text[0].is_empty() {
            // Predictions for what stands before the mistake; their digits depend on the machine.
            text[0] = format!("({} lines of predictions)\n", text[0].lines().count());
        }
        self.expected.assert_eq(&with_placeholders(&sandbox, &text.concat()));
        let code = output.status.code();
        let mut faults = Vec::new();
        if code != Some(2) {
            faults.push(format!("{}: exit code {code:?}", self.name));
        }
        for path in sandbox.changes(&before) {
            faults.push(format!("{}: changed {}", self.name, path.to_string_lossy()));
        }
        faults
    }
}

fn with_placeholders(sandbox: &Sandbox, text: &str) -> String {
    text.replace(PruningRule::EXPECTED, "RULES")
        .replace(&configs().to_string_lossy().to_string(), "CONFIGS")
        .replace(&sandbox.path("").to_string_lossy().to_string(), "ROOT/")
}
