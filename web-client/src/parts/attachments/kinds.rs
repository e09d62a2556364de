//! Which files can be added, by what their names end in. The server looks at the content as well.

use web_kit::icon::{Glyph, glyphs};

/// Ending, media type, icon.
const KINDS: [(&str, &str, Glyph); 14] = [
    ("pdf", "application/pdf", glyphs::FILE_PDF),
    ("png", "image/png", glyphs::IMAGE),
    ("jpg", "image/jpeg", glyphs::IMAGE),
    ("jpeg", "image/jpeg", glyphs::IMAGE),
    ("webp", "image/webp", glyphs::IMAGE),
    ("gif", "image/gif", glyphs::IMAGE),
    ("heic", "image/heic", glyphs::IMAGE),
    ("txt", "text/plain", glyphs::FILE_LINES),
    ("csv", "text/csv", glyphs::FILE_CSV),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", glyphs::FILE_LINES),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", glyphs::TABLE),
    ("odt", "application/vnd.oasis.opendocument.text", glyphs::FILE_LINES),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet", glyphs::TABLE),
    ("zip", "application/zip", glyphs::FOLDER),
];

/// Not by the browser's word: it goes by the programs of its machine, and knows no HEIC at all.
pub fn media_type(file_name: &str) -> Option<&'static str> {
    let (_, ending) = file_name.rsplit_once('.')?;
    KINDS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(ending)).map(|(_, name, _)| *name)
}

pub fn glyph(media_type: &str) -> Glyph {
    KINDS.iter().find(|(_, name, _)| *name == media_type).map_or(glyphs::PAPERCLIP, |(.., glyph)| *glyph)
}

/// For the browser's own dialog.
pub fn accepted() -> String {
    KINDS.map(|(ending, ..)| format!(".{ending}")).join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_goes_by_the_names_ending() {
        assert_eq!(media_type("Plan.final.PDF"), Some("application/pdf"));
        assert_eq!(media_type("photo.jpeg"), media_type("photo.JPG"));
        assert_eq!(media_type("page.html").or(media_type("pdf")).or(media_type("")), None);
        assert!(accepted().starts_with(".pdf,.png,"));
    }
}
