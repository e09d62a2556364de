//! What the reader takes, what it refuses, and that no bytes bring it down.

use proptest::prelude::*;

use super::super::sniff::{Encoding, Sniffer};
use super::*;
use streamflow_kernel::csv;

fn read_in_pieces(bytes: &[u8], piece: usize) -> Result<(Vec<String>, Vec<Row>), Refusal> {
    let mut sniffer = Sniffer::default();
    bytes.chunks(piece).for_each(|piece| sniffer.push(piece));
    let mut reader = Reader::new(sniffer.finish()?);
    let mut rows = Vec::new();
    bytes.chunks(piece).try_for_each(|piece| reader.push(piece, &mut rows))?;
    reader.finish(&mut rows)?;
    Ok((reader.header().unwrap_or_default().to_vec(), rows))
}

fn cells(text: &[u8]) -> Vec<Vec<String>> {
    let (_, rows) = read_in_pieces(text, 7).unwrap();
    assert!(rows.iter().all(|row| row.problems.is_empty()), "{rows:?}");
    rows.into_iter().map(|row| row.cells).collect()
}

fn problems(text: &[u8]) -> Vec<(u32, Option<usize>, String)> {
    let (_, rows) = read_in_pieces(text, 7).unwrap();
    let each = |row: Row| row.problems.into_iter().map(move |problem| (row.number, problem.column, problem.problem.message));
    rows.into_iter().flat_map(each).collect()
}

#[test]
fn line_ends_quotes_and_bom_are_read_as_meant() {
    for text in ["name,note\na,b\n", "name,note\r\na,b\r\n", "name,note\ra,b", "\u{feff}name,note\r\n\n\"a\",b\n\r\n"] {
        assert_eq!(cells(text.as_bytes()), [["a", "b"]], "{text:?}");
    }
    assert_eq!(cells(b"name;note\na;\"two\r\nlines; \"\"quoted\"\"\"\n"), [["a", "two\r\nlines; \"quoted\""]]);
    assert_eq!(cells(b"sep=;\r\nname;note\r\na;b"), [["a", "b"]]);
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode("name,city\nBerglunds snabbköp,Luleå\n");
    assert_eq!(cells(&latin), [["Berglunds snabbköp", "Luleå"]]);
}

#[test]
fn null_is_empty_and_blank_rows_do_not_count() {
    let (_, rows) = read_in_pieces(b"name,region,fax\na,NULL,null\n,,\n , ,\nNULL,NULL,\nb,SP,\n", 5).unwrap();
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(rows[0].cells, ["a", "", "null"]);
}

#[test]
fn a_ragged_row_is_its_own_problem() {
    let found = problems(b"name,city,note\na\nb,c,d,e\nf,g,h,,\ni,j,k\n");
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].2.starts_with("This row has 1 cell; the header has 3."));
    assert!(found[1].2.starts_with("This row has 4 cells; the header has 3."));
}

#[test]
fn damaged_cells_are_named() {
    let long = format!("name,note\na,{}\nb\0,c\n", "x".repeat(MAX_CELL + 1));
    let found: Vec<_> = problems(long.as_bytes()).into_iter().map(|(row, column, _)| (row, column)).collect();
    assert_eq!(found, [(1, Some(1)), (2, Some(0))]);
    let damaged = ["name,note\n".as_bytes(), "ö,ö\n".repeat(20).as_bytes(), b"K\xf6ln,x\n"].concat();
    assert_eq!(problems(&damaged).iter().map(|found| (found.0, found.1)).collect::<Vec<_>>(), [(21, Some(0))]);
}

/// Rows with line ends in their cells, blank and ragged ones among them, long enough for several marks.
fn many_rows() -> String {
    let mut text = "name,note\n".to_owned();
    for n in 0..9_000 {
        let row = match n % 7 {
            0 => format!("Köln {n},\"two\nlines, \"\"{n}\"\"\"\r\n"),
            1 => format!("\"{}\n{n}\",x\n", "long\n".repeat(n % 40)),
            2 => "\n".to_owned(),
            3 => format!("ragged {n}\r"),
            _ => format!("Łódź {n},{}\n", "note ".repeat(n % 30)),
        };
        text.push_str(&row);
    }
    text
}

#[test]
fn a_file_is_read_on_from_each_of_its_marks() {
    let text = many_rows();
    let units = |bytes: fn(u16) -> [u8; 2]| {
        ['\u{feff}'].into_iter().chain(text.chars()).collect::<String>().encode_utf16().flat_map(bytes).collect()
    };
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    let files: [(Encoding, Vec<u8>); 4] = [
        (Encoding::Utf8, [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        (Encoding::Latin1, latin.into_owned()),
        (Encoding::Utf16Le, units(u16::to_le_bytes)),
        (Encoding::Utf16Be, units(u16::to_be_bytes)),
    ];
    for (encoding, file) in files {
        let format = Format { encoding, delimiter: b',' };
        // An odd size, so that pieces cut letters of two bytes apart.
        let (mut reader, mut all) = (Reader::new(format), Vec::new());
        file.chunks(99_991).try_for_each(|piece| reader.push(piece, &mut all)).unwrap();
        reader.finish(&mut all).unwrap();
        let marks = reader.take_marks();
        assert!(marks.len() > 1, "{encoding:?}: {}", marks.len());
        for mark in marks {
            let (mut resumed, mut rest) = (Reader::resume(format, reader.header().unwrap(), &mark), Vec::new());
            let from = usize::try_from(mark.bytes).unwrap();
            file[from..].chunks(70_001).try_for_each(|piece| resumed.push(piece, &mut rest)).unwrap();
            resumed.finish(&mut rest).unwrap();
            assert!(rest == all[mark.rows as usize..], "{encoding:?} from byte {from}");
        }
    }
}

#[test]
fn what_is_too_big_is_refused_in_plain_words() {
    let rows = |count: usize| format!("name\n{}", "a\n".repeat(count));
    assert!(read_in_pieces(rows(200_000).as_bytes(), 1 << 16).is_ok());
    let refused = read_in_pieces(rows(200_001).as_bytes(), 1 << 16).unwrap_err();
    assert_eq!(refused, Refusal::TooManyRows);
    assert_eq!(refused.to_string(), "This file has more than 200,000 rows. Split it and import the parts.");
    let columns = vec!["c"; 201].join(",");
    assert_eq!(read_in_pieces(columns.as_bytes(), 99).unwrap_err(), Refusal::TooManyColumns(201));
    let open = format!("name,note\na,b\nc,\"{}", "d,e\n".repeat(MAX_ROW));
    assert_eq!(read_in_pieces(open.as_bytes(), 1 << 16).unwrap_err(), Refusal::RowTooLong(2));
    for empty in [&b""[..], b"\n\n", b",,\n", b"\xef\xbb\xbf"] {
        assert_eq!(read_in_pieces(empty, 9).unwrap_err(), Refusal::NoHeader, "{empty:?}");
    }
    let mut reader = Reader::new(Format { encoding: Encoding::Utf8, delimiter: b',' });
    let piece = "a,b,c,d,e\n".repeat(100_000);
    let mut rows = Vec::new();
    let result = std::iter::repeat_n(piece.as_bytes(), 70).try_for_each(|piece| {
        rows.clear();
        reader.push(piece, &mut rows)
    });
    assert_eq!(result, Err(Refusal::TooManyRows));
}

#[test]
fn a_column_without_a_name_is_called_by_its_place() {
    let (header, _) = read_in_pieces(b" name ,,two\tparts\na,b,c\n", 9).unwrap();
    assert_eq!(header, ["name", "Column 2", "two parts"]);
}

proptest! {
    #[test]
    fn no_bytes_bring_the_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..600), piece in 1usize..50) {
        let _ = read_in_pieces(&bytes, piece);
    }

    #[test]
    fn bytes_like_csv_neither(text in "[a,;\"\r\n\t|'=\u{0}ö]{0,80}", piece in 1usize..9) {
        if let Ok((header, rows)) = read_in_pieces(text.as_bytes(), piece) {
            prop_assert!(rows.iter().all(|row| row.cells.len() == header.len()));
        }
    }

    #[test]
    fn pieces_do_not_matter(text in "[a-c,\"\r\nö]{0,60}", piece in 1usize..9) {
        prop_assert_eq!(read_in_pieces(text.as_bytes(), piece), read_in_pieces(text.as_bytes(), 1_000));
    }

    #[test]
    fn what_is_written_is_read_back(table in proptest::collection::vec(proptest::collection::vec("[a-z'=+@,;\"\r\n\t -]{0,8}|\\PC{0,6}|[+-]?[0-9.]{0,4}", 3), 0..8)) {
        let mut text = csv::BOM.to_owned();
        csv::write_row(&mut text, &["name", "city", "note"]);
        for row in &table {
            csv::write_row(&mut text, row);
        }
        let mut reader = Reader::new(Format { encoding: Encoding::Utf8, delimiter: b',' });
        let mut rows = Vec::new();
        reader.push(text.as_bytes(), &mut rows).unwrap();
        reader.finish(&mut rows).unwrap();
        let read: Vec<Vec<String>> = rows.into_iter().map(|row| row.cells).collect();
        let filled: Vec<Vec<String>> =
            table.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
        prop_assert_eq!(read, filled);
    }
}
