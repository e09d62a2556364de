//! What an upload may be, and how requests are read into it.

use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use streamflow_kernel::{
    error::{Error, Result, Violations},
    vault::Bounds,
};
use streamflow_proto::client::v1 as pb;
use unicode_normalization::UnicodeNormalization as _;

use super::{content::MediaType, holder::Holder};
use crate::record::input::{is_hidden, limit};

/// How long a file that is not there waits for its bytes: longer than its address is good, so that what came at the last moment counts.
pub const AWAITED: TimeDelta = TimeDelta::minutes(15);
/// How much later than its address is good a file may be noted; one that is not there then never comes.
pub const LATE: TimeDelta = TimeDelta::minutes(1);
/// Uploads of one person that are begun and not completed.
pub const MOST_BEGUN: u64 = 10;
/// How long a deleted file can be brought back.
pub const KEPT: TimeDelta = TimeDelta::hours(1);

/// A file that somebody wants to bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUpload {
    pub holder: Holder,
    pub name: String,
    pub media: MediaType,
    pub bytes: u64,
    pub sha256: [u8; 32],
}

impl NewUpload {
    /// Every problem at once.
    pub fn parse(req: &pb::StartUploadRequest, bounds: Bounds) -> Result<Self> {
        let mut problems = Violations::new();
        let holder = Holder::parse(&req.record_id);
        if holder.is_none() {
            problems.add("record_id", "Say which customer, contact, lead or task the file is for.");
        }
        let name = file_name(&req.file_name).map_err(|text| problems.add("file_name", text)).ok();
        let bytes = size(req.size, bounds.file).map_err(|text| problems.add("size", text)).ok();
        let media = media(&req.media_type, name.as_deref()).map_err(|text| problems.add("media_type", text)).ok();
        let sha256 = HEXLOWER.decode(req.sha256.as_bytes()).ok().and_then(|hash| <[u8; 32]>::try_from(hash).ok());
        if sha256.is_none() {
            problems.add("sha256", "The file's SHA-256 is missing: 64 small hexadecimal digits.");
        }
        problems.into_result()?;
        let (Some(holder), Some(name), Some(media), Some(bytes), Some(sha256)) = (holder, name, media, bytes, sha256) else {
            return Err(Error::internal("an upload has a problem that nobody told"));
        };
        Ok(Self { holder, name, media, bytes, sha256 })
    }
}

/// The name alone, without the folders before it and what can't be seen.
fn file_name(text: &str) -> Result<String, String> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    // These turn the direction of what follows, or are there and can't be seen.
    let is_mark = |c: char| matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2060}');
    let name: String = last.chars().filter(|c| !is_hidden(*c) && !is_mark(*c)).nfc().collect();
    let name = name.trim().to_owned();
    let (stem, _) = name.rsplit_once('.').unwrap_or((&name, ""));
    if stem.trim_matches(['.', ' ']).is_empty() {
        return Err("The file needs a name.".to_owned());
    }
    let length = name.chars().count();
    if length > limit::NAME {
        return Err(format!("The file's name may have at most {} characters; this has {length}.", limit::NAME));
    }
    Ok(name)
}

fn size(bytes: i64, most: u64) -> Result<u64, String> {
    match u64::try_from(bytes) {
        Ok(bytes) if bytes > most => Err(format!("The file is larger than {}.", shown(most))),
        Ok(bytes) if bytes > 0 => Ok(bytes),
        _ => Err("The file is empty.".to_owned()),
    }
}

fn media(declared: &str, file_name: Option<&str>) -> Result<MediaType, String> {
    let taken =
        "Only PDF, pictures (PNG, JPEG, WebP, GIF, HEIC), text, CSV, Word, Excel, OpenDocument and ZIP files can be added.";
    let media = MediaType::of_name(declared).ok_or(taken)?;
    match file_name.map(MediaType::of_file) {
        None => Ok(media),
        Some(Some(of_file)) if of_file == media => Ok(media),
        Some(Some(_)) => Err("The file's type and what its name ends in don't fit each other.".to_owned()),
        Some(None) => Err(taken.to_owned()),
    }
}

/// "25 MB".
pub fn shown(bytes: u64) -> String {
    let megabyte = 1024 * 1024;
    if bytes >= megabyte { format!("{} MB", bytes / megabyte) } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests {
    use streamflow_kernel::ids::{self, prefix};
    use uuid::Uuid;

    use super::*;

    const BOUNDS: Bounds = Bounds { file: 100, company: 1000, record: 5 };

    fn request() -> pb::StartUploadRequest {
        pb::StartUploadRequest {
            record_id: ids::format(prefix::LEAD, Uuid::from_u128(1)),
            file_name: "C:\\plans\\Pl\u{202e}an\0.PDF ".to_owned(),
            size: 100,
            media_type: "application/pdf".to_owned(),
            sha256: "0f".repeat(32),
        }
    }

    #[test]
    fn a_good_upload_is_read_and_its_name_cleaned() {
        let new = NewUpload::parse(&request(), BOUNDS).unwrap();
        assert_eq!((new.name.as_str(), new.bytes, new.sha256), ("Plan.PDF", 100, [0x0f; 32]));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let wrong = pb::StartUploadRequest { record_id: "x".into(), ..Default::default() };
        let Err(Error::Invalid(problems)) = NewUpload::parse(&wrong, BOUNDS) else { panic!("accepted") };
        let fields: Vec<_> = problems.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["record_id", "file_name", "size", "media_type", "sha256"]);
    }

    #[test]
    fn names_and_types_must_fit() {
        for (name, media_type) in
            [("a.png", "application/pdf"), ("a.html", "text/html"), ("a.svg", "image/png"), ("a", "text/plain")]
        {
            let wrong = pb::StartUploadRequest { file_name: name.into(), media_type: media_type.into(), ..request() };
            let Err(Error::Invalid(problems)) = NewUpload::parse(&wrong, BOUNDS) else { panic!("accepted {name}") };
            assert_eq!(problems.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["media_type"], "{name}");
        }
        for name in ["", " .pdf", "..", "folder/", "\u{202e}\0"] {
            assert!(file_name(name).is_err(), "{name:?}");
        }
        assert!(
            file_name(&format!("{}.pdf", "x".repeat(196))).is_ok() && file_name(&format!("{}.pdf", "x".repeat(197))).is_err()
        );
        assert_eq!(file_name("../../etc/Gru\u{308}n \u{1f600}.txt").as_deref(), Ok("Gr\u{fc}n \u{1f600}.txt"));
        assert!(size(0, 100).is_err() && size(-1, 100).is_err() && size(101, 100).is_err() && size(1, 100) == Ok(1));
    }
}
