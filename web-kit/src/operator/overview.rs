//! The overview: true figures of this system, with a range and a comparison, and what was last done here.

pub mod figures;
mod health;
mod recent;

use leptos::prelude::*;

use self::{
    figures::Figures,
    health::HealthCard,
    recent::{last, recent, refused},
};
use super::{OperatorPortal, Overview, audit::filter::WITHOUT_READING};
use crate::{
    api::use_api,
    chart::{Chart, ChartKind, Point},
    layout::{PageSlots, use_page},
    load::{Load, Loaded},
    skeleton::SkeletonFigures,
    tabs::Segmented,
};

/// Sign-ins, the refused ones, that stand beside the figures.
const REFUSED: &str = "category = sign_in AND outcome != OK";

/// An answer and the days it is about.
type Read = (i64, Overview);

/// `overview` below the portal's base.
pub fn overview<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let days = RwSignal::new("7".to_owned());
    let page = use_page(t!(P::HOME))
        .canvas()
        .with_actions(move || view! { <Segmented label=t!("Range") value=days choices=P::MANNER.ranges()/> });
    let load = Load::new(move || {
        let days = days.get().parse().unwrap_or(7);
        async move { P::overview(api, days).await.map(|overview| (i64::from(days), overview)) }
    });
    let at_the_door = last::<P>(api, REFUSED, 5);
    let done = last::<P>(api, WITHOUT_READING, 10);
    say_state(page, load);
    let notes = move || {
        view! {
            {refused::<P>(at_the_door)}
            {move || load.get().map(|(_, read)| view! { <HealthCard read manner=P::MANNER/> })}
        }
    };
    if P::MANNER.has_margin() {
        page.with_panel(notes);
    }
    view! {
        <div class="overview" class:is-single=P::MANNER.has_margin()>
            <Loaded load what=t!(P::HOME) skeleton=ViewFn::from(|| view! { <SkeletonFigures figures=5/> }) let:read>
                <Figures days=read.0 overview=read.1 manner=P::MANNER/>
            </Loaded>
            <div class="overview-row">
                <div class="overview-column">
                    {move || load.get().map(requests::<P>)}
                    {recent::<P>(done)}
                </div>
                {(!P::MANNER.has_margin()).then(|| view! { <div class="overview-column">{notes()}</div> })}
            </div>
        </div>
    }
}

/// The sentence under the title: whether the parts work.
fn say_state(page: PageSlots, load: Load<Read>) {
    Effect::new(move |_| {
        page.lead.set(load.with(|read| read.map(|(_, overview)| state(overview)).unwrap_or_default()));
    });
}

fn state(overview: &Overview) -> String {
    let failing: Vec<_> = overview.health.iter().filter(|part| !part.healthy).map(|part| &*part.name).collect();
    let parts = match &*failing {
        [] => t!("all parts working").to_owned(),
        [one] => t!("{one} is failing", one),
        several => t!("{several} are failing", several = several.join(t!(" and "))),
    };
    t!("Version {version}, {parts}", version = overview.version, parts)
}

fn requests<P: OperatorPortal>(read: Read) -> impl IntoView {
    let (days, overview) = read;
    let place = |point: &super::Point| {
        let seconds = point.at.as_ref().map_or(0, |at| at.seconds);
        Point::new(P::MANNER.place(seconds, days == 1), point.value as f64).before(point.refused as f64)
    };
    let points: Vec<_> = overview.points.iter().map(place).collect();
    let title = if days == 1 { t!("Requests by hour") } else { t!("Requests by day") };
    view! { <Chart title points=Signal::stored(points) kind=ChartKind::Line names=(t!("All"), t!("Refused")) card=true/> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Health;

    #[test]
    fn failing_parts_are_named() {
        let part = |name: &str, healthy| Health { name: name.into(), healthy, detail: String::new() };
        let mut overview = Overview { version: "1.2.0".into(), health: vec![part("Database", true)], ..Overview::default() };
        assert_eq!(state(&overview), "Version 1.2.0, all parts working");
        overview.health.push(part("Change feed", false));
        assert_eq!(state(&overview), "Version 1.2.0, Change feed is failing");
        overview.health[0].healthy = false;
        assert_eq!(state(&overview), "Version 1.2.0, Database and Change feed are failing");
    }
}
