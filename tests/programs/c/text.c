/* locale, character classes, multibyte text, regular expressions, string functions on every alignment, getopt, environment. */
#include <ctype.h>
#include <fnmatch.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>

static void locales(void)
{
    printf("%s %s\n", setlocale(LC_ALL, NULL), setlocale(LC_ALL, "no_SUCH") ? "there" : "not there");
    printf("%s %s\n", setlocale(LC_ALL, "C.UTF-8"), nl_langinfo(CODESET));
    const struct lconv *conv = localeconv();
    printf("[%s] [%s]\n", conv->decimal_point, conv->thousands_sep);
    const char *text = "aß€😀\xff!";
    mbstate_t state = {0};
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        wchar_t wide = 0;
        size_t bytes = mbrtowc(&wide, at, end - at, &state);
        if (bytes == (size_t)-1) {
            printf("bad ");
            memset(&state, 0, sizeof state);
            at++;
            continue;
        }
        printf("U+%04X/%zu/%d%d ", (unsigned)wide, bytes, iswalpha(wide) != 0, iswprint(wide) != 0);
        at += bytes;
    }
    wchar_t wide[16];
    printf("%zu %zu\n", mbstowcs(wide, "größe", 16), wcslen(wide));
    printf("%ls %d %ld\n", wide, wcscmp(wide, L"größer") < 0, wcstol(L"-99x", NULL, 10));
    locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
    printf("%d %d\n", isalpha_l(0xe4, c) != 0, strcasecmp_l("ABC", "abc", c));
    freelocale(c);
    for (int i = 0; i < 128; i += 7)
        printf("%d%d%d%d%d%d ", !!isalpha(i), !!isdigit(i), !!isspace(i), !!ispunct(i), !!isxdigit(i), toupper(i));
    printf("\n");
}

/* Vector code reads in blocks: every start, every length up to a few blocks. */
static void alignments(void)
{
    static char from[512], to[512];
    uint64_t hash = 0;
    for (int i = 0; i < 511; i++)
        from[i] = 1 + i * 7 % 250;
    for (int start = 0; start < 36; start++)
        for (int length = 0; length < 150; length += 1 + length / 12) {
            char kept = from[start + length];
            from[start + length] = 0;
            memset(to, 0xa5, sizeof to);
            hash = hash * 31 + strlen(from + start);
            hash = hash * 31 + (strcpy(to + (start * 5 & 31), from + start) - to);
            hash = hash * 31 + (strcmp(to + (start * 5 & 31), from + start) == 0);
            from[start + length] = kept;
            memmove(to + 3, to + (start & 15), length + 40);
            const char *found = memchr(from + start, 77, length);
            hash = hash * 31 + (found ? found - from : -1);
            found = memrchr(from + start, 77, length);
            hash = hash * 31 + (found ? found - from : -1);
            hash = hash * 31 + (memcmp(from + start, from + 250, length) < 0) + strnlen(to, length);
            for (int i = 0; i < 200; i++)
                hash = hash * 131 + (unsigned char)to[i];
        }
    printf("%016llx\n", (unsigned long long)hash);
    char list[] = "one,two;;three", *rest, *word;
    for (word = strtok_r(list, ",;", &rest); word; word = strtok_r(NULL, ",;", &rest))
        printf("%s ", word);
    printf("%zu %zu %s %s %s\n", strspn("aabbc", "ab"), strcspn("aabbc", "c"), strpbrk("hello", "lo"), strstr("needle in hay", "in"),
           strcasestr("Needle IN hay", "in h"));
}

static void patterns(void)
{
    static const char *const expressions[] = {"^([a-z]+)([0-9]{2,3})$", "(a|ab)(c|bcd)(d*)", "x*", "[[:upper:]][^[:space:]]*", "(.)\\1"};
    static const char *const texts[] = {"abc123", "abcd", "xx yy", "say Hello there", ""};
    for (size_t e = 0; e < sizeof expressions / sizeof *expressions; e++) {
        regex_t expression;
        regcomp(&expression, expressions[e], REG_EXTENDED);
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
            regmatch_t match[4];
            if (regexec(&expression, texts[t], 4, match, 0) == 0)
                printf("%d-%d,%d-%d ", (int)match[0].rm_so, (int)match[0].rm_eo, (int)match[1].rm_so, (int)match[1].rm_eo);
            else
                printf("no ");
        }
        printf("\n");
        regfree(&expression);
    }
    regex_t broken;
    printf("%d %d %d\n", regcomp(&broken, "(", REG_EXTENDED) != 0, fnmatch("*.[ch]", "text.c", 0), fnmatch("a?c", "a/c", FNM_PATHNAME) != 0);
}

static void options(void)
{
    char *arguments[] = {"prog", "-a", "file", "--long=5", "-bvalue", "--", "-c", NULL};
    static const struct option list[] = {{"long", required_argument, NULL, 'l'}, {0}};
    int option;
    while ((option = getopt_long(7, arguments, "ab:c", list, NULL)) != -1)
        printf("%c=%s ", option, optarg ? optarg : "-");
    printf("%d\n", 7 - optind);
    setenv("EXECSCOPE_A", "1", 1), setenv("EXECSCOPE_A", "2", 0), putenv("EXECSCOPE_B=3");
    printf("%s %s ", getenv("EXECSCOPE_A"), getenv("EXECSCOPE_B"));
    unsetenv("EXECSCOPE_A");
    printf("%d %s\n", getenv("EXECSCOPE_A") == NULL, getenv("HOME") ? "home" : "none");
}

int main(void)
{
    locales();
    alignments();
    patterns();
    options();
    return 0;
}
