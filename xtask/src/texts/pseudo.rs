//! A language that nobody speaks, made from the English texts: each in brackets, with accents, and longer, as translations are.

/// As many letters more as German or Finnish may need.
const LONGER: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

/// "[Çüšţöɱéŕš one]" of "Customers"; places stay.
pub fn of(text: &str) -> String {
    let mut written = String::from("[");
    let mut in_place = false;
    for letter in text.chars() {
        in_place = (in_place || letter == '{') && letter != '}';
        written.push(if in_place { letter } else { accented(letter) });
    }
    let wanted = text.chars().count() / 3;
    let mut more = 0;
    for word in LONGER.iter().cycle() {
        if more > wanted || more > 60 {
            break;
        }
        written.push(' ');
        written.push_str(word);
        more += word.len() + 1;
    }
    written.push(']');
    written
}

fn accented(letter: char) -> char {
    const PLAIN: &str = "ACDEGHIKLNORSTUYZacdeghiklmnorstuyz";
    const ACCENTED: &str = "ÀÇĎÉĜĤÎĶĻÑÖŔŠŢÜÝŽàçďéĝĥîķļɱñöŕšţüýž";
    PLAIN.chars().position(|plain| plain == letter).and_then(|at| ACCENTED.chars().nth(at)).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn texts_are_bracketed_and_longer_and_places_stay() {
        assert_eq!(of("Customers"), "[Çüšţöɱéŕš one]");
        assert_eq!(of("{name} left"), "[{name} ļéfţ one]");
        assert!(of(&"word ".repeat(40)).chars().count() > 250);
    }
}
