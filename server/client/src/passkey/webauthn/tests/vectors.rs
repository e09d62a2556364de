//! Answers of three authenticators that another implementation made (pyca/cryptography): a registration with counter 1 and a sign-in with
//! counter 2 at `https://portal.example.com`. Hexadecimal.

pub struct Vector {
    pub attestation_object: &'static str,
    pub authenticator_data: &'static str,
    pub signature: &'static str,
}

pub const CREATE: &str = r#"{"type":"webauthn.create","challenge":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","origin":"https://portal.example.com","crossOrigin":false}"#;
pub const GET: &str = r#"{"type":"webauthn.get","challenge":"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8","origin":"https://portal.example.com","crossOrigin":false}"#;

/// No attestation.
pub const ES256: Vector = Vector {
    attestation_object: "a363666d74646e6f6e656761747453746d74a06861757468446174615894e89bbdbac811e9a8565478640fba9b810bf43c7a\
        6eea042fb5fd0f10ffe15e9a4500000001000000000000000000000000000000000010c0c1c2c3c4c5c6c7c8c9cacbcccdce\
        cfa50102032620012158205216403ebec1125be96351b9b6e1431f07edd714da6e514adc37dd9406b45431225820dd282c72\
        d484c5347958766d141416b935dc857e5b2e9f1a7d2e086f2d264fc6",
    authenticator_data: "e89bbdbac811e9a8565478640fba9b810bf43c7a6eea042fb5fd0f10ffe15e9a0500000002",
    signature: "304402202a11db9e3732f7117e48559b55571b80ea9b1daf0dd948bb7dd37a310c0a5371022068a4bdc749fbce49cdffce23\
        77b56ce2fb6dfe184b66a78c6bc904bf0bd6b71d",
};

/// Attested by itself.
pub const EDDSA: Vector = Vector {
    attestation_object: "a363666d74667061636b65646761747453746d74a263616c6727637369675840ff63a9c637f2bc0da84d1ffd89f3e93e01e3\
        8791116af697b7f1ebf8514bb8b1d9ce83c5bf970573f0029aa63e8e906ac46b74330822fd695975bf3382ba000c68617574\
        68446174615871e89bbdbac811e9a8565478640fba9b810bf43c7a6eea042fb5fd0f10ffe15e9a4500000001000000000000\
        000000000000000000000010c0c1c2c3c4c5c6c7c8c9cacbcccdcecfa40101032720062158202771bf7207a6d99271af92d2\
        e9162025446bc3017fc1fffdb84e4f61efc743dd",
    authenticator_data: "e89bbdbac811e9a8565478640fba9b810bf43c7a6eea042fb5fd0f10ffe15e9a0500000002",
    signature: "6dea0ad379efa3e81c5f81760df7a1d98f48a8be23005d29f6832f445be1ada35fbe5c889398a76252a06aa9191b07a70c86\
        2938864d5f32fb1691b6de82e30d",
};

/// No attestation.
pub const RS256: Vector = Vector {
    attestation_object: "a363666d74646e6f6e656761747453746d74a0686175746844617461590157e89bbdbac811e9a8565478640fba9b810bf43c\
        7a6eea042fb5fd0f10ffe15e9a4500000001000000000000000000000000000000000010c0c1c2c3c4c5c6c7c8c9cacbcccd\
        cecfa401030339010020590100986b9f26df9c2d42b084c3f86586c88274e2320217cd540dba98f38c01058aca804d3ed04d\
        7d9c757c14d421b28ba601fb7f0b34f02e0a435a3f3593d133a44604240fe1ece4b36da31e52793357acfbc1ac5579c76d92\
        7b13067e7d6e90deb74b1dcb9e7f960635c595c3bfb21ca92a0cbeac03dad903c58a68bdbd5bb30180661583679bf54cac27\
        58944f112e5773f5e481788563c0fed5fe3a6c1c71fbc0bfcae96897fce29dbccf867ea5951a415cced16378498435df55ea\
        858ad708dc9a0a2ef1e3a541be832f321e294f8b98d860938322680a0f400f88ac7123ddbb9a3da138d33ede0cc2dde812e0\
        fd52bd50c35bdc3e5f06a1a67875d0c80bfc3f2143010001",
    authenticator_data: "e89bbdbac811e9a8565478640fba9b810bf43c7a6eea042fb5fd0f10ffe15e9a0500000002",
    signature: "9675258f35bd63e68623f33a644d14334037365547bfdec9aa5f1a9c8d2df5e852cebafe61a6eaed2530774fd7eb8ccec405\
        6a7a04dd5212de9c1ccde5c6ba749de86b3b9ee72b97f39606f0049c0e088ea9f2f5856c2c855ba19cf35714043637f2561d\
        83edafd51be926951f544a14c0ec35eae6ef10f75a80a3c404740aa04603b27b78589c2d9e8d45075f3fb66cec60891bc167\
        9312999b6939b233301c9764af1833d2c7b3093088cfd0084059294438c616cbd1a2e8481a1f744ff5b6d035d92aff25da5f\
        5dc3f963011335d3c970a59759ca8a30075fe9fdb157ed6ab39745a67cae9dc6b1c99c033ab47cdbe78a058e2a5d948dca24\
        9e8e0c77a5ee",
};
