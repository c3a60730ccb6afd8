//! What a plan says, and the cells that it comes to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use vds_files::{Shown as _, excerpt};
use vds_records::{Cell, ThreadSharing, read};

use crate::config::{self, Config, Override};
use crate::data;
use crate::error::{Error, OrInput as _};

/// Version of the layout of a plan; a reader refuses any other.
const PLAN_SCHEMA: u32 = 1;

/// A plan as written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    schema: u32,
    /// Name of the sweep.
    pub(super) name: String,
    experiments: Vec<Experiment>,
}

/// One configuration, and the fields of it that vary.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Experiment {
    /// Name of the experiment, and of its folder.
    name: String,
    /// The configuration, relative to the plan.
    config: PathBuf,
    /// Fields that all cells replace, as `--set` takes them.
    #[serde(default)]
    settings: Vec<String>,
    /// Fields and their values; the cells are all combinations, the last field varying fastest.
    vary: Vec<(String, Vec<String>)>,
    threads: ThreadSharing,
}

/// A cell with its resolved configuration.
#[derive(Clone, Debug)]
pub(super) struct PlannedCell {
    pub(super) cell: Cell,
    pub(super) config: Config,
}

impl PlanFile {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`Error::Input`] with file, line and column.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let text = read::config_text(path).or_input(|| "reading the plan")?;
        let shown = path.shown();
        let plan: Self = ron::from_str(&text)
            .map_err(|error| Error::input(format!("{shown}:{}: {}", error.span.start, error.code)))?;
        if plan.schema != PLAN_SCHEMA {
            return Err(Error::input(format!(
                "{shown} has schema {}, expected {PLAN_SCHEMA}",
                plan.schema
            )));
        }
        if let Some(odd) = plan.names().find(|name| !is_folder_name(name)) {
            let odd = excerpt(odd);
            return Err(Error::input(format!(
                "{shown}: the name \"{odd}\" cannot be that of a folder, expected letters, digits, `-`, `_` and `.`"
            )));
        }
        Ok(plan)
    }

    /// The cells of the experiments named in `only`, or of all of them, with every configuration resolved.
    ///
    /// # Errors
    /// [`Error::Input`] if there is no such experiment, a configuration has problems, or two cells have one name.
    pub(super) fn cells(&self, path: &Path, only: &[String]) -> Result<Vec<PlannedCell>, Error> {
        let known = || self.experiments.iter().map(|experiment| experiment.name.as_str());
        if let Some(unknown) = only.iter().find(|name| known().all(|known| known != **name)) {
            let known: Vec<&str> = known().collect();
            return Err(Error::input(format!(
                "--only {}: the plan has no such experiment, it has {}",
                excerpt(unknown),
                known.join(", ")
            )));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut cells = Vec::new();
        for experiment in &self.experiments {
            if only.is_empty() || only.contains(&experiment.name) {
                cells.extend(experiment.cells(folder)?);
            }
        }
        let mut labels = BTreeSet::new();
        if let Some(twice) = cells.iter().find(|planned| !labels.insert(planned.cell.label())) {
            return Err(Error::input(format!(
                "{}: two cells are called {}",
                path.shown(),
                twice.cell.label()
            )));
        }
        for (place, planned) in cells.iter_mut().enumerate() {
            planned.cell.place = place;
        }
        Ok(cells)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let experiments = self.experiments.iter().map(|experiment| experiment.name.as_str());
        [self.name.as_str()].into_iter().chain(experiments)
    }
}

impl Experiment {
    fn cells(&self, folder: &Path) -> Result<Vec<PlannedCell>, Error> {
        let path = folder.join(&self.config);
        let planning = || format!("planning the experiment {}", self.name);
        let text = read::config_text(&path).or_input(planning)?;
        combinations(&self.vary)
            .iter()
            .map(|values| {
                let varied = values.iter().map(|(field, value)| format!("{field}={value}"));
                let settings: Result<Vec<Override>, Error> = self
                    .settings
                    .iter()
                    .cloned()
                    .chain(varied)
                    .map(|setting| {
                        let parsed = Override::parse(&setting);
                        parsed.map_err(|problem| Error::input(format!("{}: {problem}", excerpt(&setting))))
                    })
                    .collect();
                let config = config::load(&path, &text, &settings.or_input(planning)?).or_input(planning)?;
                let checksums = data::checksums(&config).or_input(planning)?;
                Ok(PlannedCell {
                    cell: Cell {
                        id: vds_sweeps::cell_id(&config.to_ron(), &checksums),
                        experiment: self.name.clone(),
                        name: cell_name(values),
                        threads: self.threads,
                        place: 0,
                        work: Some(data::work(&config).or_input(planning)?),
                    },
                    config,
                })
            })
            .collect()
    }
}

/// All combinations of the values, the last field varying fastest.
fn combinations(fields: &[(String, Vec<String>)]) -> Vec<Vec<(&str, &str)>> {
    let none = vec![Vec::new()];
    fields.iter().fold(none, |combinations, (field, values)| {
        let extended = combinations.iter().flat_map(|combination| {
            values
                .iter()
                .map(move |value| [combination.as_slice(), &[(field.as_str(), value.as_str())]].concat())
        });
        extended.collect()
    })
}

/// `ldn-D5-s1`: the method, the maximum depth, the seed; other fields by the last part of their path.
fn cell_name(values: &[(&str, &str)]) -> String {
    let parts = values.iter().map(|(field, value)| match *field {
        "method" => (*value).to_owned(),
        "max_depth" => format!("D{value}"),
        "seed" => format!("s{value}"),
        field => format!("{}{value}", field.rsplit('.').next().unwrap_or(field)),
    });
    let name = parts.collect::<Vec<_>>().join("-");
    let kept = |c: char| if is_name_char(c) { c } else { '_' };
    match name.as_str() {
        "" => "run".to_owned(),
        name => name.chars().map(kept).collect(),
    }
}

fn is_folder_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.chars().all(is_name_char)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/spirals.ron");
        std::fs::copy(config, folder.path().join("spirals.ron")).unwrap();
        let path = folder.path().join("plan.ron");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn text(experiments: &str) -> String {
        format!("(schema: 1, name: \"p\", experiments: [{experiments}])")
    }

    const SPIRALS: &str = r#"(
        name: "spirals", config: "spirals.ron", settings: ["epochs=20"],
        vary: [("method", ["ldn", "ddn"]), ("max_depth", ["2", "3"]), ("seed", ["0", "1"])],
        threads: one_per_cell,
    )"#;

    #[test]
    fn sweep_plan_has_a_cell_for_each_combination() {
        let (_folder, path) = plan(&text(SPIRALS));
        let cells = PlanFile::read(&path).unwrap().cells(&path, &[]).unwrap();
        let names: Vec<String> = cells.iter().map(|planned| planned.cell.label()).collect();
        assert_eq!(cells.len(), 8);
        assert_eq!(
            names[..3],
            ["spirals/ldn-D2-s0", "spirals/ldn-D2-s1", "spirals/ldn-D3-s0"]
        );
        assert_eq!((cells[3].config.max_depth(), cells[3].config.seed()), (3, 1));
        assert!(cells.iter().all(|planned| planned.config.file().epochs == 20));
        let ids: BTreeSet<&str> = cells.iter().map(|planned| planned.cell.id.as_str()).collect();
        assert_eq!(ids.len(), 8, "cells that differ have other ids");
    }

    #[test]
    fn sweep_plan_with_a_mistake_is_refused_by_name() {
        let other = SPIRALS.replace("\"max_depth\"", "\"max_depht\"");
        let evil = SPIRALS.replace("\"spirals\"", "\"../evil\"");
        let twice = format!("{SPIRALS}, {SPIRALS}");
        for (text, expected) in [
            (text(&other), "max_depht"),
            (text(&evil), "the name \"../evil\" cannot be that of a folder"),
            (text(&twice), "two cells are called spirals/ldn-D2-s0"),
            (
                text(SPIRALS).replace("schema: 1", "schema: 7"),
                "has schema 7, expected 1",
            ),
            (text(SPIRALS).replace("vary:", "varying:"), "varying"),
        ] {
            let (_folder, path) = plan(&text);
            let error = PlanFile::read(&path)
                .and_then(|plan| plan.cells(&path, &[]))
                .unwrap_err();
            let shown = crate::error::text(&error.into());
            assert!(shown.contains(expected), "{shown}");
        }
        let (_folder, path) = plan(&text(SPIRALS));
        let plan = PlanFile::read(&path).unwrap();
        let error = plan.cells(&path, &["spiral".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--only spiral: the plan has no such experiment, it has spirals"
        );
    }

    #[test]
    fn sweep_cells_of_other_fields_are_named_after_them() {
        assert_eq!(
            cell_name(&[("optimizer.learning_rate", "0.1"), ("prior", "Geometric(0.5)")]),
            "learning_rate0.1-priorGeometric_0.5_"
        );
        assert_eq!(cell_name(&[]), "run");
    }
}
