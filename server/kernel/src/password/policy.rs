//! Which passwords are accepted when one is chosen (NIST SP 800-63B rev. 4, ASVS 5.0 6.2).
//!
//! Length counts, and not being easy to guess; there are no rules about kinds of characters, and nothing
//! ever expires.

use unicode_normalization::UnicodeNormalization as _;

use super::blocklist::is_guessable;

/// Of UTF-8. Longer ones would only cost time.
pub const MAX_BYTES: usize = 1_024;
const MIN_WITH_SECOND_FACTOR: usize = 12;
const MIN_ALONE: usize = 15;

/// `context_words` are what an attacker would try first: name and mail address of the person, names of the
/// company and the product. The error is a sentence for the person choosing.
pub fn check_policy(password: &str, has_second_factor: bool, context_words: &[&str]) -> Result<(), String> {
    let password: String = password.nfc().collect();
    let least = if has_second_factor { MIN_WITH_SECOND_FACTOR } else { MIN_ALONE };
    if password.chars().count() < least {
        return Err(format!("Use at least {least} characters. Three or four words make a good password."));
    }
    if password.len() > MAX_BYTES {
        return Err(format!("Use at most {MAX_BYTES} bytes, which is about as many letters."));
    }
    if password.chars().any(char::is_control) {
        return Err("A password has no line breaks or other control characters.".into());
    }
    if is_guessable(&password, context_words) {
        return Err("This is too easy to guess: it is made of common passwords, names known here, or patterns like \
                    abc, 123 or qwerty. Three or four words that have nothing to do with each other are better."
            .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(password: &str, words: &[&str]) -> bool {
        check_policy(password, true, words).is_err()
    }

    #[test]
    fn length_is_counted_in_characters_and_depends_on_the_second_factor() {
        let twelve = "xk8 pluto zv";
        let fifteen = "xk8 pluto zv ür";
        assert_eq!((twelve.chars().count(), fifteen.chars().count()), (12, 15));
        assert_eq!(check_policy(twelve, true, &[]), Ok(()));
        assert_eq!(check_policy(fifteen, false, &[]), Ok(()));
        let message = check_policy(twelve, false, &[]).unwrap_err();
        assert_eq!(message, "Use at least 15 characters. Three or four words make a good password.");
        assert!(check_policy(&twelve[1..], true, &[]).is_err());
        // Decomposed letters count once.
        assert!(check_policy("xk8 pluto u\u{308}", true, &[]).is_err());
    }

    #[test]
    fn a_kilobyte_is_the_most() {
        let text: String = (0..MAX_BYTES).map(|i| char::from(b'!' + (i * i * 7 % 89) as u8)).collect();
        assert_eq!(check_policy(&text, false, &[]), Ok(()));
        let message = check_policy(&format!("{text}x"), false, &[]).unwrap_err();
        assert_eq!(message, "Use at most 1024 bytes, which is about as many letters.");
    }

    #[test]
    fn guessable_passwords_are_refused_however_they_are_dressed_up() {
        for password in [
            "password12345",
            "Password123456!",
            "P@ssw0rd!2026!!",
            "pa55word-pa55word",
            "passwordpassword",
            "Welcome2026!Welcome",
            "Sommer2026Sommer2026!",
            "Winter-2025-Winter",
            "qwertyuiop12345",
            "1q2w3e4r5t6y7u8i",
            "qazwsxedcrfvtgb",
            "zaq12wsxcde34rfv",
            "asdfghjkl123456",
            "1234567890123456",
            "0987654321098765",
            "abcdefghijklmnop",
            "zyxwvutsrqponml",
            "aaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "xK9!xK9!xK9!xK9!",
            "111111222222333333",
            "iloveyouforever",
            "letmeinletmein1",
            "admin-admin-admin",
            "Administrator2026!",
            "dragonmonkey123",
            "footballbaseball",
            "trustno1trustno1",
            "changeme1234567",
            "correcthorsebatterystaple",
            "Correct Horse Battery Staple 1",
            "tobeornottobethatisthequestion",
            "maytheforcebewithyou!",
            "Passwort123456!",
            "geheimgeheim2026",
            "motdepasse12345",
            "          password",
            "passwordpasswordpasswordpasswordpasswordpasswordpasswordpassword",
            "drowssapdrowssap",
        ] {
            assert!(refused(password, &[]), "{password}");
        }
    }

    #[test]
    fn passwords_worth_having_are_accepted() {
        for password in [
            "lamp river tailor moss",
            "violett-gabel-turmuhr",
            "K7#vq9!mZp2x",
            "x4f9c1b27e80",
            "my landlord paints boats",
            "der Kran hinterm Bahnhof summt",
            "password is what the goat chewed",
            "purple-tractor-88-kiwi",
            "ありがとうございましたさようなら猫犬",
            "🐢🪁🧵🧊🪙🦔🧭🪵🫖🥨🛼🎐",
            "four words nobody knows",
        ] {
            assert_eq!(check_policy(password, true, &[]), Ok(()), "{password}");
        }
    }

    #[test]
    fn what_is_known_of_the_person_does_not_make_a_password() {
        let words = ["Anna Keller", "anna.keller@keller-dachbau.de", "Keller Dachbau GmbH", "StreamFlow"];
        for password in [
            "annakeller2026!",
            "KellerDachbau1234",
            "keller-dachbau.de",
            "anna.keller@keller-dachbau.de",
            "StreamFlow2026!!",
            "5tr3amfl0w-anna",
            "streamflowstreamflow",
            "Dachbau Keller Anna",
            "rellekannarellek",
        ] {
            assert!(refused(password, &words), "{password}");
        }
        assert_eq!(check_policy("annas goat chews the violin", true, &words), Ok(()));
        assert_eq!(check_policy("K7#vq9!mZp2x", true, &["", "a", "-", "é"]), Ok(()));
    }

    #[test]
    fn control_characters_are_refused() {
        assert!(refused("lamp river\ntailor moss", &[]));
        assert!(refused("lamp river\0tailor moss", &[]));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(password: String, long in ".{0,1024}", word: String) {
            let _ = check_policy(&password, true, &[&word]);
            let _ = check_policy(&long, false, &[&word, &password]);
        }

        #[test]
        fn random_passwords_are_accepted(password in "[a-zA-Z0-9!#%&+?]{15}") {
            prop_assert_eq!(check_policy(&password, false, &["anna", "streamflow"]), Ok(()));
        }
    }

    #[test]
    fn the_longest_passwords_are_judged_quickly() {
        let started = std::time::Instant::now();
        for unit in ["a", "password", "qwertz1", "x!8"] {
            let text: String = unit.chars().cycle().take(MAX_BYTES).collect();
            assert!(refused(&text, &["anna", "keller"]), "{unit}");
        }
        // Unoptimised and beside other tests; a cubic search would take minutes.
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
