//! A system's nonce is good once, whichever of its keys signs: whoever has both must not send one call twice. Programs that register
//! companies choose the ids of their requests themselves, so two of them may choose the same.

use crate::ddl::Target;

pub fn up(_: Target) -> Vec<String> {
    vec![
        // Of two there may be, either refuses the nonce from now on.
        "DELETE FROM federation_nonces WHERE caller <> 'registration' AND EXISTS (SELECT 1 FROM federation_nonces AS other \
         WHERE other.caller = federation_nonces.caller AND other.nonce = federation_nonces.nonce \
         AND other.key_id < federation_nonces.key_id)"
            .to_owned(),
        "CREATE UNIQUE INDEX federation_nonces_once ON federation_nonces (\"caller\", \"nonce\") WHERE caller <> 'registration'"
            .to_owned(),
    ]
}
