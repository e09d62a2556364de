//! Currencies that a company may count in.

/// ISO 4217's codes for money that people pay with, without units of account, metals and test codes: those of Debian's iso-codes 4.15, and
/// XCG and ZWG, which are newer (ICU 78 has both). ANG and BGN, which went in 2025 and 2026, are still in figures of the past.
const CODES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP \
    CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY \
    KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
    NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
    TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// Whether there is a currency of this code, in capital letters.
pub fn exists(code: &str) -> bool {
    code.len() == 3 && CODES.split(' ').any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_are_not_yet_a_currency() {
        for code in ["GBP", "EUR", "AED", "ZWG", "XOF"] {
            assert!(exists(code), "{code}");
        }
        for code in ["", "POU", "gbp", "EU", "EURO", "UR ", "XXX", "XAU", "DEM"] {
            assert!(!exists(code), "{code}");
        }
    }

    #[test]
    fn codes_stand_in_order_and_once() {
        let codes: Vec<&str> = CODES.split(' ').collect();
        assert!(codes.is_sorted_by(|a, b| a < b) && codes.iter().all(|code| code.len() == 3));
    }
}
