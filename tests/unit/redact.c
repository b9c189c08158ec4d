/*
 * What is hidden of text that holds passwords.
 */
#include "common/base/redact.h"

#include <criterion/criterion.h>

static void check(const char *text, const char *wanted) {
    struct mneme_buffer out = {0};
    mneme_redact(&out, mneme_str_from(text));
    mneme_buffer_append_byte(&out, '\0');
    cr_assert_str_eq(out.data, wanted, "%s gives %s", text, out.data);
    mneme_buffer_clean_up(&out);
}

Test(redact, leaves_text_without_passwords) {
    static const char *const plain[] = {"",
                                        "mneme.events",
                                        "postgresql:///mneme",
                                        "postgresql://user@host:5432/db",
                                        "redis://127.0.0.1:6379/0",
                                        "host=localhost user=me",
                                        "the password of it",
                                        "http://host:80/a@b",
                                        "password="};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        check(plain[i], plain[i]);
    }
}

Test(redact, hides_passwords_in_urls) {
    check("postgresql://me:secret@host:5432/db", "postgresql://me:********@host:5432/db");
    check("redis://:secret@host/0", "redis://:********@host/0");
    check("redis://:secret@one,redis://me:secret@two:1/0",
          "redis://:********@one,redis://me:********@two:1/0");
    check("http://a:b@h1,http://c:d@h2", "http://a:********@h1,http://c:********@h2");
    check("http://a:b@h1 http://c:d@h2", "http://a:********@h1 http://c:********@h2");
    check("postgresql://me:se:cr@et@host/db", "postgresql://me:********@host/db");
    check("postgresql://me@host/db?password=secret&x=1", "postgresql://me@host/db?password=********&x=1");
}

Test(redact, hides_values_of_keys_that_end_in_password) {
    check("host=h password=secret user=me", "host=h password=******** user=me");
    check("PASSWORD = 'a \\' b' user=me", "PASSWORD = ******** user=me");
    check("password='never closed", "password=********");
    check("sasl.password=x,ssl.key.password=y,a=b", "sasl.password=********,ssl.key.password=********,a=b");
    check("sslpassword=abc", "sslpassword=********");
}
