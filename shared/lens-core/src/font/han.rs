//! Whose forms of Chinese characters are drawn: the same letter looks different in China, Taiwan,
//! Hong Kong, Japan and Korea, and a font has the forms of one of them. Pure, but for the question
//! which languages this system is set to.

/// Whose forms they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Han {
    /// Of mainland China; also where nobody has said anything, because most names in Chinese
    /// characters are written so.
    #[default]
    China,
    /// Of Taiwan.
    Taiwan,
    /// Of Hong Kong and Macau.
    HongKong,
    /// Of Japan.
    Japan,
    /// Of Korea.
    Korea,
}

impl Han {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::China, Self::Taiwan, Self::HongKong, Self::Japan, Self::Korea];

    /// As the languages of this system say, the first one that says something.
    pub fn of_system() -> Self {
        sys_locale::get_locales().find_map(|it| Self::of_language(&it)).unwrap_or_default()
    }

    /// As a language says, by its BCP 47 tag; nothing for one that is written in other letters.
    pub fn of_language(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        let mut parts = tag.split(['-', '_', '.', '@']);
        let language = parts.next()?;
        let rest: Vec<&str> = parts.collect();
        let is_said = |any: &[&str]| rest.iter().any(|it| any.contains(it));
        match language {
            "ja" => Some(Self::Japan),
            "ko" => Some(Self::Korea),
            "zh" | "yue" if is_said(&["hk", "mo"]) => Some(Self::HongKong),
            "zh" if is_said(&["tw", "hant"]) => Some(Self::Taiwan),
            "zh" => Some(Self::China),
            "yue" => Some(Self::HongKong),
            _ => None,
        }
    }

    /// The language, for libraries that ask for one.
    pub fn language(self) -> &'static str {
        match self {
            Self::China => "zh-CN",
            Self::Taiwan => "zh-TW",
            Self::HongKong => "zh-HK",
            Self::Japan => "ja",
            Self::Korea => "ko",
        }
    }

    /// Families that have these forms, on any system, the preferred one first.
    pub fn families(self) -> &'static [&'static str] {
        match self {
            Self::China => &[
                "Noto Sans CJK SC",
                "Noto Sans SC",
                "Source Han Sans SC",
                "Source Han Sans CN",
                "Microsoft YaHei UI",
                "Microsoft YaHei",
                "PingFang SC",
                "Heiti SC",
                "WenQuanYi Micro Hei",
                "WenQuanYi Zen Hei",
                "SimHei",
                "SimSun",
            ],
            Self::Taiwan => &[
                "Noto Sans CJK TC",
                "Noto Sans TC",
                "Source Han Sans TC",
                "Source Han Sans TW",
                "Microsoft JhengHei UI",
                "Microsoft JhengHei",
                "PingFang TC",
                "Heiti TC",
                "PMingLiU",
            ],
            Self::HongKong => &[
                "Noto Sans CJK HK",
                "Noto Sans HK",
                "Source Han Sans HC",
                "PingFang HK",
                "Noto Sans CJK TC",
                "Microsoft JhengHei UI",
                "Microsoft JhengHei",
                "MingLiU_HKSCS",
            ],
            Self::Japan => &[
                "Noto Sans CJK JP",
                "Noto Sans JP",
                "Source Han Sans JP",
                "Source Han Sans",
                "Yu Gothic UI",
                "Yu Gothic",
                "Meiryo UI",
                "Meiryo",
                "Hiragino Sans",
                "Hiragino Kaku Gothic ProN",
                "IPAexGothic",
                "IPAPGothic",
                "TakaoPGothic",
                "VL PGothic",
                "MS PGothic",
                "MS Gothic",
            ],
            Self::Korea => &[
                "Noto Sans CJK KR",
                "Noto Sans KR",
                "Source Han Sans KR",
                "Source Han Sans K",
                "Malgun Gothic",
                "Apple SD Gothic Neo",
                "NanumGothic",
                "Nanum Gothic",
                "UnDotum",
                "Gulim",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_says_whose_forms_are_drawn() {
        let check = |tag: &str, want: Option<Han>| assert_eq!(Han::of_language(tag), want, "{tag}");
        for tag in ["ja", "ja-JP", "ja_JP.UTF-8", "JA-jp"] {
            check(tag, Some(Han::Japan));
        }
        check("ko-KR", Some(Han::Korea));
        for tag in ["zh", "zh-CN", "zh-Hans-SG", "zh_CN.GB18030"] {
            check(tag, Some(Han::China));
        }
        for tag in ["zh-TW", "zh-Hant", "zh-Hant-TW"] {
            check(tag, Some(Han::Taiwan));
        }
        for tag in ["zh-HK", "zh-Hant-HK", "zh-MO", "yue", "yue-Hant-HK"] {
            check(tag, Some(Han::HongKong));
        }
        for tag in ["", "en-GB", "de", "C", "POSIX", "jav", "kok-IN"] {
            check(tag, None);
        }
    }

    #[test]
    fn what_is_handed_to_others_means_the_same() {
        for han in Han::ALL {
            assert_eq!(Han::of_language(han.language()), Some(han));
            assert!(!han.families().is_empty());
        }
    }
}
