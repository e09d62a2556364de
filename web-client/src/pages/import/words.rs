//! States and results of imports in words; the list and the page say the same.

use streamflow_proto::client::v1::{Import, ImportState};
use web_kit::{
    badge::Tone,
    format::number,
    icon::{Glyph, glyphs},
};

/// Colour, icon and word of a state.
pub fn state(import: &Import) -> (Tone, Glyph, String) {
    match import.state() {
        ImportState::Unspecified | ImportState::Uploading => (
            Tone::Warning,
            glyphs::CLOUD_ARROW_UP,
            t!("Uploaded to {share}", share = part(import.uploaded_bytes, import.file_size)),
        ),
        ImportState::Mapping => (Tone::Neutral, glyphs::PEN, t!("Draft, columns to map").to_owned()),
        ImportState::Review => (Tone::Neutral, glyphs::PEN, t!("Draft, to check").to_owned()),
        ImportState::Running => (Tone::Accent, glyphs::CIRCLE_HALF_STROKE, t!("Running, {share}", share = progress(import))),
        ImportState::Done => (Tone::Success, glyphs::CIRCLE_CHECK, t!("Done").to_owned()),
        ImportState::Failed => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("Failed").to_owned()),
        ImportState::Undoing => (Tone::Warning, glyphs::ROTATE_LEFT, t!("Being undone").to_owned()),
        ImportState::Undone => (Tone::Neutral, glyphs::ROTATE_LEFT, t!("Undone").to_owned()),
    }
}

/// "42 %" of its rows.
pub fn progress(import: &Import) -> String {
    part(import.done_rows.into(), import.total_rows.into())
}

fn part(done: i64, all: i64) -> String {
    if all <= 0 { "0 %".to_owned() } else { format!("{} %", done.clamp(0, all) * 100 / all) }
}

/// "88 added, 3 updated": what came of it; empty while nothing is written.
pub fn result(import: &Import) -> String {
    if import.state() == ImportState::Undone {
        return match import.skipped {
            0 => t!("all taken back").to_owned(),
            kept => n!(kept.into(), "taken back, {count} record kept", "taken back, {count} records kept"),
        };
    }
    let parts = [
        (import.created, t!("added")),
        (import.updated, t!("updated")),
        (import.unchanged, t!("unchanged")),
        (import.skipped, t!("left out")),
    ];
    let told: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| t!("{rows} {what}", rows = number::count(count.into()), what = word))
        .collect();
    told.join(", ")
}

/// ",", ";", "|" or "tab" in words.
pub fn delimiter(text: &str) -> &str {
    match text {
        "," => t!("commas"),
        ";" => t!("semicolons"),
        "|" => t!("bars"),
        "\t" | "tab" => t!("tabs"),
        other => other,
    }
}

/// As the hints of the first step call it.
pub fn encoding(name: &str) -> &str {
    if name == "ISO-8859-1" { "Latin-1" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_names_what_is_not_zero() {
        let mut import = Import { created: 88, skipped: 1, total_rows: 91, done_rows: 45, ..Import::default() };
        import.set_state(ImportState::Done);
        assert_eq!(result(&import), "88 added, 1 left out");
        assert_eq!(progress(&import), "49 %");
        import.set_state(ImportState::Undone);
        assert_eq!(result(&import), "taken back, 1 record kept");
        assert_eq!(part(0, 0), "0 %");
    }
}
