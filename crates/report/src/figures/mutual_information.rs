//! Where the depths disagree: the mutual information of label and depth over the input plane.

use maud::{Markup, html};
use vds_records::RunRecord;

use crate::chart::{ColorBar, Figure, HeatMap, Ramp, is_drawable, is_plottable};
use crate::number;

/// The map of a learnt-depth network; a deterministic one has a single depth, which cannot disagree.
pub(crate) fn figure(id: &str, run: &RunRecord) -> Option<Markup> {
    let grid = run.grid.as_ref().filter(|grid| run.is_ldn() && is_drawable(grid))?;
    let values = &grid.mutual_information;
    let finite = values.iter().copied().filter(|&v| is_plottable(f64::from(v)));
    let highest = f64::from(finite.fold(0.0, f32::max));
    // Values this small are rounding noise, which must not be stretched over the whole scale.
    let top = if highest > 1e-6 {
        highest
    } else {
        std::f64::consts::LN_2
    };
    let map = HeatMap {
        grid,
        cells: values.iter().map(|&value| (Ramp::Sequential, value)).collect(),
        points: &[],
        bar: ColorBar {
            title: "mutual information (nats)",
            domain: [0.0, top],
            ramps: vec![Ramp::Sequential],
        },
    };
    Some(map.render(&Figure {
        id,
        title: "Disagreement of the depths",
        description: "Map of the mutual information of label and depth over the input plane, dark where the depths agree, \
                      bright where they disagree.",
        legend: Vec::new(),
        caption: html! {
            "Mutual information of label and depth, nats (epistemic part of the uncertainty); largest value "
            (number::significant(highest, 3)) "."
        },
    }))
}

#[cfg(test)]
mod tests {
    use vds_records::Method;

    use super::*;
    use crate::test_records;

    #[test]
    fn mutual_information_does_not_stretch_rounding_noise_over_the_scale() {
        let mut run = test_records::run("spirals", Method::Ldn, 3, 0);
        run.grid.as_mut().unwrap().mutual_information.fill(1e-9);
        let map = figure("m", &run).unwrap().into_string();
        assert!(map.contains(&Ramp::Sequential.color(0.0)));
        assert!(map.contains(">0.6<"), "the color bar reaches ln 2");
    }

    #[test]
    fn mutual_information_is_drawn_for_learnt_depth_only() {
        assert!(figure("m", &test_records::run("spirals", Method::Ddn, 3, 0)).is_none());
        assert!(figure("m", &test_records::run("mnist", Method::Ldn, 3, 0)).is_none());
    }
}
