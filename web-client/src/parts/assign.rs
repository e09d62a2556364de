//! Hands records to a person or a team, with the way back.

use std::collections::BTreeMap;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError},
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Choice, SelectField},
    form::{Form, FormState},
    toast::use_toasts,
};

use super::{
    directory::{Directory, NOBODY},
    noun::{Assignment, Noun, People, assign},
};

/// Records to hand on, with the people they have now.
pub type Chosen = Vec<(String, People)>;

#[component]
pub fn AssignDialog(
    noun: &'static Noun,
    directory: Directory,
    /// Opens it; None closes.
    chosen: RwSignal<Option<Chosen>>,
    /// Called when the server has carried it out, and again when it was undone.
    #[prop(into)]
    done: Callback<()>,
    /// Where a failed undo is shown.
    problem: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let form = FormState::new();
    let [owner, assignee, team] = [(); 3].map(|()| RwSignal::new(String::new()));
    Effect::new(move |_| {
        let asked = chosen.with(Option::is_some);
        if asked {
            for value in [owner, assignee, team] {
                value.set(String::new());
            }
            form.saved();
        }
        open.set(asked);
    });
    let count = move || chosen.with(|chosen| chosen.as_ref().map_or(0, Vec::len));
    let title = Signal::derive(move || t!("Assign {noun}", noun = noun.counted(count())));
    let wanted = move || {
        let set = |value: RwSignal<String>| Some(value.get()).filter(|id| !id.is_empty());
        Assignment { owner_id: set(owner), assignee_id: set(assignee), team_id: set(team) }
    };
    let refused = Signal::derive(move || wanted().is_empty().then(|| t!("Choose a person or a team first").to_owned()));
    let send = move || {
        let to = untrack(wanted);
        if to.is_empty() {
            return;
        }
        let before = chosen.get_untracked().unwrap_or_default();
        let ids = before.iter().map(|(id, _)| id.clone()).collect();
        let act = form.act();
        let given = to.clone();
        form.send(async move { assign(&act, noun.kind, ids, given).await }, move |answer| {
            chosen.set(None);
            done.run(());
            let told = answer.sentence(noun, t!("assigned"));
            use_toasts().say_with_undo(told, move || undo(noun, before.clone(), to.clone(), done, problem));
        });
    };
    let people = move || choices(directory.people(), t!("Nobody"));
    let teams = move || choices(directory.teams(), t!("No team"));
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy disabled_because=refused on_click=move |_| send()>
                {move || t!("Assign {noun}", noun = noun.counted(count()))}
            </Button>
        }
    });
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=move |()| send()>
                <SelectField name="owner_id" label=t!("Owner") value=owner choices=Signal::derive(people)
                    help=t!("Responsible for it. People who see only their own work see it then.")/>
                <SelectField name="assignee_id" label=t!("Assignee") value=assignee choices=Signal::derive(people)
                    help=t!("Does the work, if another.")/>
                <Show when=move || directory.has_teams()>
                    <SelectField name="team_id" label=t!("Team") value=team choices=Signal::derive(teams)/>
                </Show>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn choices(known: Vec<Choice>, nobody: &str) -> Vec<Choice> {
    [Choice::new("", t!("Leave as it is")), Choice::new(NOBODY, nobody)].into_iter().chain(known).collect()
}

/// Gives each group of records back to the people it had.
fn undo(noun: &'static Noun, before: Chosen, set: Assignment, done: Callback<()>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        for (people, ids) in by_people(before) {
            if let Err(error) = assign(&Act::default(), noun.kind, ids, set.back_to(&people)).await {
                problem.try_set(Some(error));
                break;
            }
        }
        done.try_run(());
    });
}

fn by_people(chosen: Chosen) -> BTreeMap<People, Vec<String>> {
    chosen.into_iter().fold(BTreeMap::new(), |mut groups, (id, people)| {
        groups.entry(people).or_insert_with(Vec::new).push(id);
        groups
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_the_same_people_go_back_together() {
        let ana = People { owner_id: "usr_ana".into(), ..People::default() };
        let groups =
            by_people(vec![("cus_1".into(), ana.clone()), ("cus_2".into(), People::default()), ("cus_3".into(), ana.clone())]);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[&ana], ["cus_1", "cus_3"]);
    }
}
