use clap::CommandFactory as _;
use expect_test::{Expect, expect};
use vds_variational::PruningRule;

use super::*;

fn arguments(text: &str) -> Vec<OsString> {
    text.split_whitespace().map(OsString::from).collect()
}

/// The help of a command at a fixed width, with `RULES` for the names of the pruning rules.
#[track_caller]
fn check_help(path: &[&str], expected: Expect) {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut found = &mut command;
    for name in path {
        found = found.find_subcommand_mut(name).unwrap();
    }
    let mut found = found.clone().mut_args(|argument| match argument.get_help() {
        Some(help) => {
            let help = help.to_string().replace(PruningRule::EXPECTED, "RULES");
            argument.help(help)
        }
        None => argument,
    });
    // Between paragraphs clap leaves the indentation.
    let help = found.render_long_help().to_string();
    let lines = help.lines().map(|line| format!("{}\n", line.trim_end()));
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn help_lists_the_commands() {
    check_help(
        &[],
        expect![[r#"
            Learn the depth of residual networks, prune them, and measure how well they know what they do not
            know

            Exit codes: 0 done; 1 failed; 2 arguments, configuration, data or folder at fault; 75 interrupted,
            `train --resume` resumes.

            Usage: vds <COMMAND>

            Commands:
              train        Train a network as a configuration says and store the run
              evaluate     Score a stored network on its validation split and its test set
              verify       Evaluate stored runs again and print which recorded values are not reproduced
              prune        Prune a stored network to the depth that a rule chooses, and store it as a run of its
                           own
              predict      Predict classes of images or points with a stored network
              report       Write stored runs as one self-contained HTML page
              findings     Write what the experiments of a sweep answer as one page of Markdown
              sweep        Train many networks from one plan
              data         List, verify, fetch and import data sets
              bench        Time a training step and an evaluation pass on this machine
              completions  Print a completion script for a shell
              help         Print this message or the help of the given subcommand(s)

            Options:
              -h, --help
                      Print help (see a summary with '-h')

              -V, --version
                      Print version
        "#]],
    );
}

#[test]
fn help_of_train() {
    check_help(
        &["train"],
        expect![[r#"
            Train a network as a configuration says and store the run

            Usage: vds train [OPTIONS] [CONFIG.ron]

            Arguments:
              [CONFIG.ron]
                      Configuration file; with --resume it may be left out, else it must be the run's

            Options:
                  --out <DIR>
                      Folder to store the run in

                  --resume <DIR>
                      Resume the run in this folder from its last checkpoint; a finished run stays as it is

                  --overwrite
                      Replace the run in the folder

                  --set <PATH=VALUE>
                      Replace a field of the configuration, as --set max_depth=5 or --set
                      optimizer.learning_rate=0.05; may be repeated

                  --seed <N>
                      Replace the seed of the configuration

                  --checkpoint-epochs <N>
                      Write a checkpoint after every N epochs, beside those of --checkpoint-minutes

                  --checkpoint-minutes <X>
                      Write a checkpoint when the last one is so many minutes old; fractions are allowed

                      [default: 5]

                  --threads <N>
                      Threads to use; all of the machine by default. The results do not depend on it

                  --data-dir <DIR>
                      Look for data sets here first, then in VDS_DATA_DIR, the XDG data folder and
                      /usr/share/datasets

              -q, --quiet
                      Show no progress

              -h, --help
                      Print help
        "#]],
    );
}

#[test]
fn help_of_prune() {
    check_help(
        &["prune"],
        expect![[r#"
            Prune a stored network to the depth that a rule chooses, and store it as a run of its own

            Prints what each rule would choose and, where the run has a validation split, what pruning there
            costs: the difference in negative log-likelihood to the whole network, with its 95 % interval over
            the examples.

            Usage: vds prune [OPTIONS] <RUN>

            Arguments:
              <RUN>
                      Run directory

            Options:
                  --out <DIR>
                      Folder to store the pruned network in; without it nothing is stored

                  --overwrite
                      Replace the run in the folder

                  --rule <RULE>
                      Rule that chooses the depth, by default that of the run's configuration: RULES

                  --depth <N>
                      Depth to prune to

                  --threads <N>
                      Threads to use; all of the machine by default. The results do not depend on it

                  --data-dir <DIR>
                      Look for data sets here first, then in VDS_DATA_DIR, the XDG data folder and
                      /usr/share/datasets

              -h, --help
                      Print help (see a summary with '-h')
        "#]],
    );
}

#[test]
fn help_of_predict() {
    check_help(
        &["predict"],
        expect![[r#"
            Predict classes of images or points with a stored network

            Usage: vds predict [OPTIONS] <RUN> <FILE>...

            Arguments:
              <RUN>
                      Run directory

              <FILE>...
                      Files: IDX images (also compressed) or MAT v5 for networks on images; text with two
                      coordinates per line for networks on points

            Options:
                  --predictive <NAME>
                      Predictive distribution: marginal over the posterior, stacked weights, the deepest depth,
                      or one of those with temperatures that were fitted to the validation split; by default
                      stacked if weights were fitted, else marginal

                  --json
                      Print the predictions as JSON

                  --threads <N>
                      Threads to use; all of the machine by default. The results do not depend on it

              -h, --help
                      Print help
        "#]],
    );
}

#[test]
fn train_takes_the_seed_of_the_option_before_that_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.ron");
    std::fs::write(&path, crate::config::SMALL).unwrap();
    let text = format!(
        "vds train {} --out o --seed 9 --set max_depth=3",
        path.to_string_lossy()
    );
    let Command::Train(train) = parse(&arguments(&text)).unwrap().command else {
        panic!("the command is train");
    };
    let config = train.configuration(&path).unwrap();
    assert_eq!((config.seed(), config.max_depth()), (9, 3));
}
