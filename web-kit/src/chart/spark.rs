//! A line beside a figure: how it came to be, without axes.

use leptos::prelude::*;

const WIDTH: f64 = 88.0;
const HEIGHT: f64 = 28.0;
const EDGE: f64 = 3.0;

#[component]
pub fn Spark(
    /// What is drawn, for those who can't see it.
    #[prop(into)]
    title: String,
    values: Vec<f64>,
) -> impl IntoView {
    let places = places(&values);
    let line = path(&places);
    let end = places.last().copied();
    let fill = format!("{line} L{WIDTH} {HEIGHT} L0 {HEIGHT} Z");
    end.map(|(x, y)| {
        view! {
            <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=title>
                <path class="fill" d=fill></path>
                <path d=line></path>
                <circle cx=x cy=y r="2.2"></circle>
            </svg>
        }
    })
}

/// From the left edge to the right, zero at the foot. A single value is no line.
fn places(values: &[f64]) -> Vec<(f64, f64)> {
    let top = values.iter().copied().fold(1.0, f64::max);
    let Some(steps) = values.len().checked_sub(1).filter(|steps| *steps > 0) else { return Vec::new() };
    let place = |(at, value): (usize, &f64)| {
        let x = WIDTH * at as f64 / steps as f64;
        (x, EDGE + (HEIGHT - EDGE - EDGE) * (1.0 - value / top))
    };
    values.iter().enumerate().map(place).collect()
}

fn path(places: &[(f64, f64)]) -> String {
    let step = |(at, (x, y)): (usize, &(f64, f64))| format!("{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
    places.iter().enumerate().map(step).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{path, places};

    #[test]
    fn a_line_runs_from_edge_to_edge_and_zero_is_at_the_foot() {
        assert_eq!(path(&places(&[0.0, 5.0, 10.0])), "M0.0 25.0 L44.0 14.0 L88.0 3.0");
        assert_eq!(path(&places(&[0.0, 0.0])), "M0.0 25.0 L88.0 25.0");
        assert!(places(&[7.0]).is_empty());
    }
}
