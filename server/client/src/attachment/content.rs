//! Which types of files are taken, and what the bytes of one say it is.

use std::str;

/// A type of file, by its registered name (RFC 6838).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType {
    pub name: &'static str,
    /// What names of such files end in; the first one is ours.
    pub endings: &'static [&'static str],
}

const PDF: MediaType = media("application/pdf", &["pdf"]);
const PNG: MediaType = media("image/png", &["png"]);
const JPEG: MediaType = media("image/jpeg", &["jpg", "jpeg"]);
const WEBP: MediaType = media("image/webp", &["webp"]);
const GIF: MediaType = media("image/gif", &["gif"]);
const HEIC: MediaType = media("image/heic", &["heic"]);
const TEXT: MediaType = media("text/plain", &["txt"]);
const CSV: MediaType = media("text/csv", &["csv"]);
const DOCX: MediaType = media("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]);
const XLSX: MediaType = media("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]);
const ODT: MediaType = media("application/vnd.oasis.opendocument.text", &["odt"]);
const ODS: MediaType = media("application/vnd.oasis.opendocument.spreadsheet", &["ods"]);
const ZIP: MediaType = media("application/zip", &["zip"]);

/// Nothing that a browser would run: no pages, drawings or scripts.
pub const TAKEN: [MediaType; 13] = [PDF, PNG, JPEG, WEBP, GIF, HEIC, TEXT, CSV, DOCX, XLSX, ODT, ODS, ZIP];

const fn media(name: &'static str, endings: &'static [&'static str]) -> MediaType {
    MediaType { name, endings }
}

impl MediaType {
    pub fn of_name(name: &str) -> Option<Self> {
        TAKEN.into_iter().find(|taken| taken.name == name)
    }

    /// By what a file's name ends in, in either case.
    pub fn of_file(file_name: &str) -> Option<Self> {
        let (_, ending) = file_name.rsplit_once('.')?;
        TAKEN.into_iter().find(|taken| taken.endings.iter().any(|known| known.eq_ignore_ascii_case(ending)))
    }

    /// Whether content that says it is of `found` may go by this type.
    pub fn is_fit_by(self, found: &str) -> bool {
        match self {
            // Nothing in the content tells them apart.
            CSV => found == TEXT.name,
            // Office documents are archives with something in it.
            ZIP => [ZIP, DOCX, XLSX, ODT, ODS].iter().any(|archive| archive.name == found),
            other => other.name == found,
        }
    }
}

/// The type that the first bytes of a file speak of; empty for one that is not known. `is_text`: all of it can be read.
pub fn found(head: &[u8], is_text: bool) -> &'static str {
    let known = infer::get(head).map(|known| known.mime_type()).unwrap_or_default();
    match known {
        // Pages and scripts are texts that somebody may run.
        "text/html" | "text/xml" | "text/x-shellscript" | "application/pdf" => known,
        // Some types are known by two letters that a text may begin with too.
        _ if is_text => TEXT.name,
        "image/heif" => HEIC.name,
        _ if head.starts_with(b"PK\x03\x04") => of_archive(head),
        _ => known,
    }
}

/// By the names of the first files in it.
fn of_archive(head: &[u8]) -> &'static str {
    let mut names = Vec::new();
    let mut rest = head;
    while let Some(at) = rest.windows(4).position(|window| window == b"PK\x03\x04") {
        rest = &rest[at + 4..];
        names.extend(entry(rest));
    }
    let holds = |folder: &str| names.iter().any(|(name, _)| name.starts_with(folder));
    let first = names.first().filter(|(name, _)| *name == "mimetype").map(|(_, content)| *content).unwrap_or_default();
    // Either may come behind the part that is looked at.
    let is_office = holds("[Content_Types].xml") || holds("_rels/.rels");
    if is_office && holds("word/") {
        return DOCX.name;
    }
    if is_office && holds("xl/") {
        return XLSX.name;
    }
    [ODT, ODS].into_iter().find(|open| first.starts_with(open.name.as_bytes())).unwrap_or(ZIP).name
}

/// Name and what follows it, of a file in an archive from behind its signature on (APPNOTE.TXT, 4.3.7).
fn entry(header: &[u8]) -> Option<(&str, &[u8])> {
    let length = |at: usize| Some(usize::from(u16::from_le_bytes([*header.get(at)?, *header.get(at + 1)?])));
    let (name, extra) = (length(22)?, length(24)?);
    let from = header.get(26..)?;
    Some((str::from_utf8(from.get(..name)?).ok()?, from.get(name + extra..)?))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use streamflow_kernel::upload::HEAD;
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn content_tells_its_type() {
        let odt = archive(&[("mimetype", ODT.name), ("content.xml", "<x/>")]);
        let ods = archive(&[("mimetype", ODS.name), ("content.xml", "<x/>")]);
        let docx = archive(&[
            ("_rels/.rels", "<x/>"),
            ("docProps/app.xml", "<x/>"),
            ("[Content_Types].xml", "x"),
            ("word/document.xml", "x"),
        ]);
        let xlsx = archive(&[("[Content_Types].xml", "x"), ("_rels/.rels", "<x/>"), ("xl/workbook.xml", "<x/>")]);
        let cases: [(&[u8], bool, &str); 15] = [
            (b"%PDF-1.7\n%\xe2\xe3", false, PDF.name),
            (b"%PDF-1.7\n", true, PDF.name),
            (b"\x89PNG\r\n\x1a\n\0\0", false, PNG.name),
            (b"\xff\xd8\xff\xe0", false, JPEG.name),
            (b"GIF89a\0", false, GIF.name),
            (b"RIFF\0\0\0\0WEBPVP8 ", false, WEBP.name),
            (b"\0\0\0\x14ftypheic\0\0\0\0heic", false, HEIC.name),
            (b"BMW;Opel\n", true, TEXT.name),
            (b"<!DOCTYPE html><p>", true, "text/html"),
            (b"#!/bin/sh\n", true, "text/x-shellscript"),
            (&odt, false, ODT.name),
            (&ods, false, ODS.name),
            (&docx, false, DOCX.name),
            (&xlsx, false, XLSX.name),
            (&archive(&[("a.txt", "x")]), false, ZIP.name),
        ];
        for (head, is_text, expected) in cases {
            assert_eq!(found(head, is_text), expected, "{:?}", String::from_utf8_lossy(head));
        }
        assert_eq!(found(b"\0\x01\x02", false), "");
        let long = "x".repeat(2 * HEAD);
        for (folder, expected) in [("word/document.xml", DOCX.name), ("xl/workbook.xml", XLSX.name), ("a/b.xml", ZIP.name)] {
            let last = archive(&[("_rels/.rels", "<x/>"), (folder, &long), ("[Content_Types].xml", "x")]);
            assert_eq!(found(&last[..HEAD], false), expected, "{folder}");
        }
        // However an archive is cut, nothing breaks.
        for end in 0..docx.len() {
            found(&docx[..end], false);
        }
    }

    #[test]
    fn a_type_goes_by_names_and_contents_of_its_own() {
        assert_eq!(MediaType::of_file("Plan.JPEG"), Some(JPEG));
        assert_eq!(MediaType::of_file("page.html").or(MediaType::of_file("pdf")).or(MediaType::of_file("a.svg")), None);
        assert!(CSV.is_fit_by("text/plain") && ZIP.is_fit_by(DOCX.name) && HEIC.is_fit_by("image/heic"));
        assert!(!DOCX.is_fit_by(ZIP.name) && !PNG.is_fit_by("text/html") && !TEXT.is_fit_by("") && !PNG.is_fit_by(JPEG.name));
    }
}
