//! The marginal predictive over the plane of two-dimensional inputs, with the training points.
//!
//! For two classes it is a map of the probability of class 1. More classes do not fit one scale: then a cell has the hue of the
//! most probable class, paler where that class is less probable.

use std::collections::BTreeSet;

use maud::{Markup, html};
use vds_records::{PredictiveGrid, RunRecord};

use crate::chart::{ColorBar, Figure, HeatMap, Ramp, class_key, has_repeated_hues, is_drawable};

/// The map of a run with two-dimensional inputs.
pub(crate) fn figure(id: &str, run: &RunRecord) -> Option<Markup> {
    let grid = run.grid.as_ref().filter(|grid| is_drawable(grid))?;
    let classes: BTreeSet<u32> = grid
        .class
        .iter()
        .copied()
        .chain(grid.points.iter().map(|point| point.2))
        .collect();
    let is_binary = run.summary.n_classes <= 2 && classes.iter().all(|&class| class <= 1);
    Some(if is_binary {
        probability_of_class_1(id, grid)
    } else {
        winning_class(id, grid, run.summary.n_classes.max(2), &classes)
    })
}

fn probability_of_class_1(id: &str, grid: &PredictiveGrid) -> Markup {
    let cells = grid.class.iter().zip(&grid.probability).map(|(&class, &probability)| {
        let of_class_1 = if class == 1 { probability } else { 1.0 - probability };
        (Ramp::Diverging, of_class_1)
    });
    let map = HeatMap {
        grid,
        cells: cells.collect(),
        points: &grid.points,
        bar: ColorBar {
            title: "p(class 1)",
            domain: [0.0, 1.0],
            ramps: vec![Ramp::Diverging],
        },
    };
    map.render(&Figure {
        id,
        title: "Predictive probability",
        description: "Map of the marginal probability of class 1 over the input plane, blue where it is low, orange where it is \
                      high, with the training points of both classes.",
        legend: Vec::new(),
        caption: html! {
            "Marginal probability of class 1 over the plane (standardized inputs); training points as "
            "blue circles (class 0) and orange squares (class 1)."
        },
    })
}

fn winning_class(id: &str, grid: &PredictiveGrid, n_classes: usize, classes: &BTreeSet<u32>) -> Markup {
    let cells = grid.class.iter().zip(&grid.probability);
    // The winning class of K has at least probability 1/K.
    let lowest = 1.0 / n_classes as f64;
    let map = HeatMap {
        grid,
        cells: cells
            .map(|(&class, &probability)| (Ramp::Class(class), probability))
            .collect(),
        points: &grid.points,
        bar: ColorBar {
            title: "p(winning class)",
            domain: [lowest, 1.0],
            ramps: classes.iter().map(|&class| Ramp::Class(class)).collect(),
        },
    };
    map.render(&Figure {
        id,
        title: "Predicted class",
        description: "Map of the most probable class of the marginal predictive over the input plane, one hue per class, strong \
                      where its probability is high and pale where it is low, with the training points of each class.",
        legend: classes.iter().map(|&class| class_key(class)).collect(),
        caption: html! {
            "Most probable class of the marginal predictive over the plane (standardized inputs) and its probability, pale from 1/"
            (n_classes) " to full color at 1; training points with the markers of the legend."
            @if has_repeated_hues(classes.iter().copied()) {
                " There are more classes than hues: those that share one have different markers."
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use vds_records::Method;

    use super::*;
    use crate::test_records::{arms, run};

    fn drawn(n_arms: u32) -> String {
        let mut run = run("spirals", Method::Ldn, 3, 0);
        run.summary.n_classes = usize::try_from(n_arms).unwrap();
        run.grid = Some(arms(n_arms));
        figure("m", &run).unwrap().into_string()
    }

    /// How many cells have the color `color`.
    fn n_cells(figure: &str, color: &str) -> usize {
        let map = figure.split("</g>").next().unwrap();
        let tag = format!("class=\"cells\" fill=\"{color}\" d=\"");
        let paths = map.split(&tag).skip(1);
        let widths = paths.flat_map(|path| path.split('"').next().unwrap().split('h').skip(1).step_by(2));
        widths
            .map(|run| run.split('v').next().unwrap().parse::<usize>().unwrap())
            .sum()
    }

    #[test]
    fn predictive_grid_of_two_classes_shows_the_probability_of_class_1() {
        let map = drawn(2);
        assert!(map.contains("p(class 1)") && !map.contains("class=\"legend\""));
        let [blue, orange] = [0.0, 1.0].map(|share| n_cells(&map, &Ramp::Diverging.color(share)));
        assert!(blue > 0 && orange > 0);
    }

    #[test]
    fn predictive_grid_of_three_classes_gives_each_its_own_color() {
        let map = drawn(3);
        let shares: Vec<usize> = (0..3)
            .map(|class| n_cells(&map, &Ramp::Class(class).color(1.0)))
            .collect();
        assert!(shares.iter().all(|&n| n > 100), "{shares:?}");
        for class in 0..3 {
            assert!(map.contains(&format!("class {class}</li>")), "class {class}");
        }
        assert!(!map.contains("p(class 1)"));
    }

    #[test]
    fn predictive_grid_draws_a_cell_of_class_2_as_class_2() {
        let mut run = run("spirals", Method::Ldn, 3, 0);
        run.summary.n_classes = 3;
        for (class, other) in [(0, 2), (2, 0)] {
            let mut grid = arms(3);
            grid.class.fill(class);
            grid.probability.fill(0.999);
            run.grid = Some(grid);
            let map = figure("m", &run).unwrap().into_string();
            let n = [class, other].map(|class| n_cells(&map, &Ramp::Class(class).color(1.0)));
            assert_eq!(n, [6400, 0]);
        }
    }

    #[test]
    fn predictive_grid_says_when_hues_repeat() {
        assert!(!drawn(8).contains("more classes than hues"));
        let map = drawn(9);
        assert!(map.contains("more classes than hues") && map.contains("class 8</li>"));
    }

    #[test]
    fn predictive_grid_without_points_or_cells_is_drawn_empty() {
        let mut run = run("spirals", Method::Ldn, 3, 0);
        let grid = run.grid.as_mut().unwrap();
        for list in [&mut grid.probability, &mut grid.mutual_information] {
            list.clear();
        }
        grid.class.clear();
        grid.points.clear();
        let map = figure("m", &run).unwrap().into_string();
        assert!(!map.contains("dots") && !map.contains("NaN"));
    }
}
