//! A record's tags as a field: Enter or a comma adds one, the cross takes it away.

use leptos::{ev::KeyboardEvent, prelude::*};
use web_kit::{
    field::{FieldFrame, FieldTie},
    icon::{Icon, glyphs},
};

use super::field::{join_tags, split_tags};

/// As the server allows.
const MOST: usize = 20;
const LONGEST: u32 = 40;

#[component]
pub fn TagsField(
    name: &'static str,
    /// Tags joined by commas.
    value: RwSignal<String>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let touch = StoredValue::new(tie.clone());
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    let typed = RwSignal::new(String::new());
    let tags = move || value.with(|text| split_tags(text));
    let set = move |tags: &[String]| {
        value.set(join_tags(tags));
        touch.with_value(FieldTie::touched);
    };
    let add = move || {
        // A field that goes away with its form loses the focus last of all.
        let Some(text) = typed.try_get_untracked() else {
            return;
        };
        let new = split_tags(&text);
        typed.set(String::new());
        let before = untrack(tags);
        let after = with_added(before.clone(), new);
        if after != before {
            set(&after);
        }
    };
    let remove = move |tag: &str| {
        let left: Vec<_> = untrack(tags).into_iter().filter(|one| one != tag).collect();
        set(&left);
    };
    let on_key = move |event: KeyboardEvent| match &*event.key() {
        "Enter" if !event.ctrl_key() && !event.meta_key() && !typed.with_untracked(|text| text.trim().is_empty()) => {
            event.prevent_default();
            add();
        }
        "Enter" if !typed.with_untracked(String::is_empty) => add(),
        "Backspace" if typed.with_untracked(String::is_empty) => {
            if let Some(last) = untrack(tags).last() {
                remove(last);
            }
        }
        _ => {}
    };
    let chips = move || {
        tags()
            .into_iter()
            .map(|tag| {
                let own = tag.clone();
                view! {
                    <span class="tag">
                        {tag.clone()}
                        <button type="button" aria-label=t!("Remove tag {tag}", tag) on:click=move |_| remove(&own)>
                            <Icon glyph=glyphs::XMARK/>
                        </button>
                    </span>
                }
            })
            .collect_view()
    };
    view! {
        <FieldFrame tie label=t!("Tags") optional=true help=Some(t!("Enter or a comma adds a tag.").to_owned())>
            <div class="tags-input">
                {chips}
                <input
                    id=id
                    autocomplete="off"
                    maxlength=LONGEST
                    aria-invalid=invalid
                    aria-describedby=note
                    prop:value=typed
                    on:input:target=move |event| {
                        typed.set(event.target().value());
                        if typed.with_untracked(|text| text.contains(',')) {
                            add();
                        }
                    }
                    on:blur=move |_| add()
                    on:keydown=on_key
                />
            </div>
        </FieldFrame>
    }
    .into_any()
}

/// Each tag once, whatever its case; no more than the server takes.
fn with_added(mut tags: Vec<String>, new: Vec<String>) -> Vec<String> {
    for tag in new {
        let known = tags.iter().any(|one| one.to_lowercase() == tag.to_lowercase());
        if !known && tags.len() < MOST {
            tags.push(tag);
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_added_once_whatever_its_case() {
        let tags = with_added(vec!["Care home".into()], vec!["care HOME".into(), "VIP".into()]);
        assert_eq!(tags, ["Care home", "VIP"]);
        let many = (0..30).map(|number| number.to_string()).collect();
        assert_eq!(with_added(Vec::new(), many).len(), MOST);
    }
}
