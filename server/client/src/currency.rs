//! Currencies that a company may count in.

use crate::record::input::Problem;

/// ISO 4217's codes for money that people pay with, without units of account, metals and test codes: those of Debian's iso-codes 4.15, and
/// XCG and ZWG, which are newer (ICU 78 has both). ANG and BGN, which went in 2025 and 2026, are still in figures of the past.
const CODES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP \
    CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY \
    KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
    NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
    TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// A code in capital letters, as it is kept.
pub fn code(text: &str) -> Result<String, Problem> {
    if text.len() == 3 && CODES.split(' ').any(|known| known == text) {
        return Ok(text.to_owned());
    }
    Err(Problem::new("Enter the code of a currency there is (ISO 4217), like GBP."))
}

/// Decimal places of a currency (ISO 4217).
pub fn digits(currency_code: &str) -> u32 {
    match currency_code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF"
        | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_are_not_yet_a_currency() {
        for code in ["GBP", "EUR", "AED", "ZWG", "XOF"] {
            assert!(super::code(code).is_ok(), "{code}");
        }
        for code in ["", "POU", "gbp", "EU", "EURO", "UR ", "XXX", "XAU", "DEM"] {
            assert!(super::code(code).is_err(), "{code}");
        }
    }

    #[test]
    fn codes_stand_in_order_and_once() {
        let codes: Vec<&str> = CODES.split(' ').collect();
        assert!(codes.is_sorted_by(|a, b| a < b) && codes.iter().all(|code| code.len() == 3));
    }
}
