//! Charts: bars and lines from zero, a comparison dashed, and the same numbers as a table behind a button. A line breaks where
//! nothing was measured.

mod scale;
mod spark;

use leptos::{html, prelude::*};

use self::scale::{Scale, label_step};
pub use self::spark::Spark;
use crate::{browser, button::IconButton, format::number, icon::glyphs};

/// One place on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub label: String,
    /// None where nothing was measured.
    pub value: Option<f64>,
    /// Same place of the range before.
    pub before: Option<f64>,
    /// Further lines of the same unit, two at most.
    pub also: Vec<Option<f64>>,
}

impl Point {
    pub fn new(label: impl Into<String>, value: impl Into<Option<f64>>) -> Self {
        Self { label: label.into(), value: value.into(), before: None, also: Vec::new() }
    }

    pub fn before(mut self, value: impl Into<Option<f64>>) -> Self {
        self.before = value.into();
        self
    }

    pub fn also(mut self, value: Option<f64>) -> Self {
        self.also.push(value);
        self
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        [self.value, self.before].into_iter().chain(self.also.iter().copied()).flatten()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    Bars,
    Line,
}

// Pixels; the width is that of the chart's place, so that its words have the size of the others.
const USUAL_WIDTH: f64 = 560.0;
const USUAL_HEIGHT: f64 = 180.0;
const CARD_HEIGHT: f64 = 220.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const FOOT: f64 = 22.0;

#[component]
pub fn Chart(
    /// What is counted: "New customers by week".
    #[prop(into)]
    title: String,
    #[prop(into)] points: Signal<Vec<Point>>,
    #[prop(default = ChartKind::Bars)] kind: ChartKind,
    /// Names of the two series: "This range", "Range before".
    #[prop(default = (t!("Now"), t!("Before")))]
    names: (&'static str, &'static str),
    /// Names of the further lines.
    #[prop(default = &[])]
    also: &'static [&'static str],
    /// How a value is written.
    #[prop(default = write_count)]
    write: fn(f64) -> String,
    /// The axis reaches this far at least.
    #[prop(default = 1.0)]
    least: f64,
    /// A card of its own, with the title in its head.
    #[prop(optional)]
    card: bool,
    /// What stands here where every value is zero; without it the zeros are drawn.
    #[prop(optional)]
    nothing: &'static str,
) -> impl IntoView {
    let as_table = RwSignal::new(false);
    let (place, width) = (NodeRef::<html::Div>::new(), RwSignal::new(USUAL_WIDTH));
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            let measured = place.clone();
            browser::on_resize(&place, move || {
                width.set(f64::from(measured.client_width().max(200)));
            });
        }
    });
    let label = Signal::derive(move || if as_table.get() { t!("Show as chart") } else { t!("Show as table") }.to_owned());
    let has_before = Memo::new(move |_| points.with(|points| points.iter().any(|point| point.before.is_some())));
    let before_class = if kind == ChartKind::Bars { "is-sq is-before" } else { "is-compare" };
    let heading = title.clone();
    let (frame, head, legend) =
        if card { ("chart-box card", "card-head", "legend push") } else { ("chart-box", "row", "legend grow") };
    view! {
        <figure class=frame>
            <figcaption class=head>
                {card.then(|| view! { <h2>{title}</h2> })}
                <span class=legend>
                    <span><i class=if kind == ChartKind::Bars { "is-sq" } else { "" }></i>{names.0}</span>
                    {also.iter().zip(["is-2", "is-3"]).map(|(name, class)| view! { <span><i class=class></i>{*name}</span> }).collect_view()}
                    {move || has_before.get().then(|| view! { <span><i class=before_class></i>{names.1}</span> })}
                </span>
                <IconButton
                    label=label
                    glyph=glyphs::TABLE
                    small=true
                    pressed=Signal::derive(move || Some(as_table.get()))
                    on_click=move |_| as_table.update(|on| *on = !*on)
                />
            </figcaption>
            <div class=if card { "card-body" } else { "" }>
                <div node_ref=place>
                    {move || {
                        let points = points.get();
                        let title = heading.clone();
                        if as_table.get() {
                            view! { <ChartTable title points names also write has_before=has_before.get()/> }.into_any()
                        } else if let Some(words) = instead(&points, nothing) {
                            view! { <p class="chart-none muted">{words}</p> }.into_any()
                        } else {
                            let size = (width.get(), if card { CARD_HEIGHT } else { USUAL_HEIGHT });
                            view! { <Drawing title points kind write least size/> }.into_any()
                        }
                    }}
                </div>
            </div>
        </figure>
    }
}

/// Words for a drawing that would be empty.
fn instead(points: &[Point], nothing: &'static str) -> Option<&'static str> {
    let mut values = points.iter().flat_map(Point::values).peekable();
    if values.peek().is_none() {
        return Some(t!("Nothing was measured in this time."));
    }
    let is_zero = |value: f64| value.abs() < f64::EPSILON;
    (!nothing.is_empty() && values.all(is_zero)).then_some(nothing)
}

fn write_count(value: f64) -> String {
    number::count(value.round() as i64)
}

#[component]
fn Drawing(
    title: String,
    points: Vec<Point>,
    kind: ChartKind,
    write: fn(f64) -> String,
    least: f64,
    size: (f64, f64),
) -> impl IntoView {
    let (width, height) = size;
    let top = points.iter().flat_map(Point::values).fold(least, f64::max);
    let scale = Scale::from_zero(top);
    let y = move |value: f64| TOP + (height - TOP - FOOT) * (1.0 - scale.part(value));
    let slot = (width - LEFT - RIGHT) / points.len().max(1) as f64;
    // Bars stand in the middle of their places; a line runs from edge to edge.
    let step = (width - LEFT - RIGHT) / points.len().saturating_sub(1).max(1) as f64;
    let x = move |at: usize| match kind {
        ChartKind::Bars => LEFT + slot * (at as f64 + 0.5),
        ChartKind::Line => LEFT + step * at as f64,
    };
    let last = points.len().saturating_sub(1);
    let longest = points.iter().map(|point| point.label.len()).max().unwrap_or_default();
    // A long label has no room beyond the end of the line.
    let anchor = move |at: usize| match kind {
        ChartKind::Line if at == last && longest > 5 => "end",
        _ => "middle",
    };
    let grid = scale
        .steps()
        .map(|value| {
            view! {
                <line class="grid-line" x1=LEFT x2=width - RIGHT y1=y(value) y2=y(value)></line>
                <text x=LEFT - 6.0 y=y(value) text-anchor="end" dominant-baseline="middle">{write(value)}</text>
            }
        })
        .collect_view();
    let every = label_step(points.len(), slot, longest);
    let labels = points
        .iter()
        .enumerate()
        .filter(|(at, _)| at.is_multiple_of(every))
        .map(|(at, point)| {
            view! { <text x=x(at) y=height - 6.0 text-anchor=anchor(at)>{point.label.clone()}</text> }
        })
        .collect_view();
    let marks = match kind {
        ChartKind::Bars => bars(&points, slot, x, y),
        ChartKind::Line => line(&points, x, y),
    };
    view! {
        <svg class="chart" viewBox=format!("0 0 {width} {height}") height=height role="img" aria-label=title>
            {grid}
            {marks}
            {labels}
        </svg>
    }
    .into_any()
}

fn bars(points: &[Point], slot: f64, x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> AnyView {
    let pairs = points.iter().any(|point| point.before.is_some());
    let width = (slot * if pairs { 0.34 } else { 0.6 }).min(28.0);
    points
        .iter()
        .enumerate()
        .map(|(at, point)| {
            let left = if pairs { x(at) + 1.0 } else { x(at) - width / 2.0 };
            let before = point.before.map(|value| {
                let tall = y(0.0) - y(value);
                view! {
                    <rect class="bar-compare" x=x(at) - width - 1.0 y=y(value) width=width height=tall rx="2"></rect>
                }
            });
            let now = point.value.map(|value| {
                let tall = y(0.0) - y(value);
                view! { <rect class="bar" x=left y=y(value) width=width height=tall rx="2"></rect> }
            });
            view! {
                {before}
                {now}
            }
        })
        .collect_view()
        .into_any()
}

fn line(points: &[Point], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> AnyView {
    let path = |value: &dyn Fn(&Point) -> Option<f64>| -> String {
        runs(points.iter().map(value)).iter().map(|run| stroke(run, &x, &y)).collect()
    };
    let area = |run: &[(usize, f64)]| {
        let ends = run.first().zip(run.last());
        ends.map(|(first, last)| {
            format!("{}L{:.1} {:.1}L{:.1} {:.1}Z", stroke(run, &x, &y), x(last.0), y(0.0), x(first.0), y(0.0))
        })
    };
    let areas: String = runs(points.iter().map(|point| point.value)).iter().filter_map(|run| area(run)).collect();
    let further = points.iter().map(|point| point.also.len()).max().unwrap_or_default();
    let also = (0..further)
        .zip(["line line-2", "line line-3"])
        .map(|(at, class)| {
            view! { <path class=class d=path(&|point| point.also.get(at).copied().flatten())></path> }
        })
        .collect_view();
    view! {
        <path class="area" d=areas></path>
        <path class="compare" d=path(&|point| point.before)></path>
        {also}
        <path class="line" d=path(&|point| point.value)></path>
    }
    .into_any()
}

/// Places that follow each other without a gap, with their values.
fn runs(values: impl Iterator<Item = Option<f64>>) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (at, value) in values.enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((at, value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// A place alone is a dot: a line of no length with round ends.
fn stroke(run: &[(usize, f64)], x: &impl Fn(usize) -> f64, y: &impl Fn(f64) -> f64) -> String {
    let step =
        |(n, (at, value)): (usize, &(usize, f64))| format!("{}{:.1} {:.1}", if n == 0 { 'M' } else { 'L' }, x(*at), y(*value));
    let line: String = run.iter().enumerate().map(step).collect();
    if run.len() == 1 { format!("{line}h0") } else { line }
}

#[component]
fn ChartTable(
    title: String,
    points: Vec<Point>,
    names: (&'static str, &'static str),
    also: &'static [&'static str],
    write: fn(f64) -> String,
    has_before: bool,
) -> impl IntoView {
    let none = || "–".to_owned();
    let rows = points
        .into_iter()
        .map(|point| {
            view! {
                <tr>
                    <th scope="row">{point.label}</th>
                    <td class="num">{point.value.map_or_else(none, write)}</td>
                    {point.also.into_iter().map(|value| view! { <td class="num">{value.map_or_else(none, write)}</td> }).collect_view()}
                    {has_before.then(|| view! { <td class="num">{point.before.map_or_else(none, write)}</td> })}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("{title}, table", title)>
            <table class="table table-dense">
                <caption class="sr-only">{title.clone()}</caption>
                <thead>
                    <tr>
                        <th scope="col"><span class="sr-only">{t!("Place")}</span></th>
                        <th scope="col" class="num">{names.0}</th>
                        {also.iter().map(|name| view! { <th scope="col" class="num">{*name}</th> }).collect_view()}
                        {has_before.then(|| view! { <th scope="col" class="num">{names.1}</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{Point, instead, runs, stroke};

    #[test]
    fn a_line_breaks_where_nothing_was_measured() {
        let found = runs([None, Some(1.0), Some(2.0), None, None, Some(3.0), None].into_iter());
        assert_eq!(found, [vec![(1, 1.0), (2, 2.0)], vec![(5, 3.0)]]);
        let drawn: Vec<_> = found.iter().map(|run| stroke(run, &|at| at as f64, &|value| value)).collect();
        assert_eq!(drawn, ["M1.0 1.0L2.0 2.0", "M5.0 3.0h0"]);
        assert!(runs(std::iter::empty()).is_empty());
    }

    #[test]
    fn a_chart_of_nothing_says_so() {
        let zeros = [Point::new("a", 0.0).before(0.0), Point::new("b", None)];
        assert_eq!(instead(&zeros, "None yet."), Some("None yet."));
        assert_eq!(instead(&zeros, ""), None);
        assert_eq!(instead(&[zeros[0].clone().before(1.0)], "None yet."), None);
        assert!(instead(&zeros[1..], "").is_some() && instead(&[], "").is_some());
    }
}
