//! The columns of each list, and what people call them.

use super::header::{Column, ListColumns};

const fn column(name: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, also }
}

const HOUSEHOLD: Column = column(
    "household",
    &[
        "mã hộ",
        "hộ",
        "hộ gia đình",
        "mã hộ gia đình",
        "mã số hộ",
        "household code",
        "household id",
    ],
);
const HEAD: Column = column(
    "head",
    &[
        "chủ hộ",
        "họ và tên chủ hộ",
        "họ tên chủ hộ",
        "tên chủ hộ",
        "họ và tên",
        "họ tên",
        "head of household",
        "household head",
    ],
);
const VILLAGE: Column = column(
    "village",
    &[
        "thôn",
        "bản",
        "xóm",
        "tổ dân phố",
        "thôn/bản",
        "thôn/xóm",
        "bản/làng",
        "thôn/bản/xóm",
        "thôn/xóm/bản",
        "thôn/tổ dân phố",
        "thôn/bản/tổ dân phố",
        "thôn/bản/xóm/tổ dân phố",
        "thôn, bản, xóm, tổ dân phố",
        "tên thôn",
        "mã thôn",
        "các thôn",
        "làng",
        "ấp",
        "buôn",
        "khóm",
        "khu phố",
        "villages",
    ],
);
const CLASS: Column = column(
    "class",
    &[
        "phân loại",
        "loại hộ",
        "diện",
        "phân loại hộ",
        "diện hộ",
        "thuộc diện",
        "hộ thuộc diện",
    ],
);
const ETHNICITY: Column = column("ethnicity", &["dân tộc", "thành phần dân tộc"]);
const ID_NUMBER: Column = column(
    "id_number",
    &[
        "số định danh",
        "CCCD",
        "CMND",
        "số CCCD",
        "số CMND",
        "số định danh cá nhân",
        "mã định danh",
        "CCCD/CMND",
        "CMND/CCCD",
        "số CCCD/CMND",
        "số CMND/CCCD",
        "căn cước",
        "số căn cước",
        "căn cước công dân",
        "số căn cước công dân",
        "số CMT",
    ],
);
const NOTE: Column = column("note", &["ghi chú", "chú thích", "notes", "remarks"]);
const PROJECT: Column = column(
    "project",
    &[
        "dự án",
        "mã dự án",
        "tiểu dự án",
        "mã tiểu dự án",
        "mã công trình",
        "project code",
    ],
);
const STAGE: Column = column(
    "stage",
    &[
        "giai đoạn",
        "trạng thái",
        "tình trạng",
        "bước",
        "tiến độ",
        "status",
    ],
);
const SOURCE: Column = column(
    "source",
    &[
        "nguồn",
        "nguồn vốn",
        "nguồn kinh phí",
        "funding source",
        "funding",
    ],
);
const AMOUNT: Column = column(
    "amount",
    &[
        "số tiền",
        "kinh phí",
        "số tiền hỗ trợ",
        "kinh phí hỗ trợ",
        "kinh phí thực hiện",
        "tổng kinh phí",
        "tổng số tiền",
        "tổng tiền",
        "thành tiền",
        "số tiền vay",
        "số tiền chi trả",
        "vốn",
    ],
);
const UNIT: Column = column("unit", &["đơn vị tính", "ĐVT", "đơn vị"]);

const QUANTITY: Column = column("quantity", &["số lượng", "khối lượng"]);
const DOCUMENT: Column = column(
    "document",
    &[
        "quyết định",
        "văn bản",
        "căn cứ",
        "số quyết định",
        "quyết định số",
        "văn bản căn cứ",
        "căn cứ văn bản",
        "quyết định phê duyệt",
        "số văn bản",
    ],
);
const PERSON: Column = column(
    "person",
    &[
        "mã nhân khẩu",
        "mã người",
        "mã thành viên",
        "mã cá nhân",
        "mã học sinh",
        "người",
        "cá nhân",
        "person code",
        "person id",
    ],
);
const REF: Column = column(
    "ref",
    &[
        "mã lượt",
        "mã lượt hỗ trợ",
        "mã hỗ trợ",
        "mã tham chiếu",
        "mã hồ sơ",
        "số hồ sơ",
        "mã dòng",
        "mã phiếu",
        "số phiếu",
        "tham chiếu",
        "reference",
    ],
);
const OCCURRED_ON: Column = column(
    "occurred_on",
    &[
        "ngày",
        "ngày chi trả",
        "ngày cấp",
        "ngày cấp phát",
        "ngày giải ngân",
        "ngày thực hiện",
        "ngày hỗ trợ",
        "ngày phát sinh",
        "ngày nhận",
        "ngày tổ chức",
        "ngày chi",
        "date",
    ],
);

/// The list of households.
pub const HOUSEHOLDS: ListColumns = ListColumns {
    columns: &[
        HOUSEHOLD,
        HEAD,
        VILLAGE,
        CLASS,
        column(
            "class_from",
            &[
                "ngày áp dụng",
                "áp dụng từ",
                "áp dụng từ ngày",
                "từ ngày",
                "ngày hiệu lực",
                "ngày công nhận",
            ],
        ),
        ETHNICITY,
        ID_NUMBER,
        column(
            "members",
            &[
                "số nhân khẩu",
                "nhân khẩu",
                "số khẩu",
                "số thành viên",
                "số người trong hộ",
                "household size",
            ],
        ),
        column(
            "poverty_code",
            &[
                "mã hộ nghèo",
                "số giấy chứng nhận",
                "mã số hộ nghèo",
                "giấy chứng nhận",
                "giấy chứng nhận hộ nghèo",
                "số giấy chứng nhận hộ nghèo",
                "số giấy chứng nhận hộ nghèo, hộ cận nghèo",
                "số GCN",
            ],
        ),
        NOTE,
    ],
    required: &[&["household"]],
};

/// The list of persons.
pub const PERSONS: ListColumns = ListColumns {
    columns: &[
        PERSON,
        HOUSEHOLD,
        column(
            "name",
            &[
                "họ và tên",
                "họ tên",
                "tên",
                "họ và tên nhân khẩu",
                "họ tên nhân khẩu",
                "full name",
            ],
        ),
        column(
            "born",
            &[
                "ngày sinh",
                "năm sinh",
                "ngày tháng năm sinh",
                "sinh ngày",
                "sinh năm",
                "ngày, tháng, năm sinh",
                "date of birth",
                "birth date",
            ],
        ),
        column("sex", &["giới tính", "giới", "nam/nữ", "gender"]),
        column(
            "relation",
            &[
                "quan hệ",
                "quan hệ với chủ hộ",
                "mối quan hệ",
                "mối quan hệ với chủ hộ",
                "relation to head",
            ],
        ),
        ETHNICITY,
        ID_NUMBER,
        NOTE,
    ],
    required: &[&["person"], &["household"]],
};

/// The list of projects.
pub const PROJECTS: ListColumns = ListColumns {
    columns: &[
        PROJECT,
        column(
            "name",
            &[
                "tên dự án",
                "tên",
                "tên tiểu dự án",
                "tên công trình",
                "project name",
            ],
        ),
        column(
            "programme",
            &[
                "chương trình",
                "chương trình MTQG",
                "chương trình mục tiêu quốc gia",
                "program",
            ],
        ),
        VILLAGE,
        STAGE,
        SOURCE,
        AMOUNT,
        QUANTITY,
        UNIT,
        DOCUMENT,
    ],
    required: &[&["project"]],
};

/// The list of the members of projects.
pub const MEMBERS: ListColumns = ListColumns {
    columns: &[
        PROJECT,
        HOUSEHOLD,
        column("role", &["vai trò", "tư cách"]),
        NOTE,
    ],
    required: &[&["project"], &["household"]],
};

/// The list of the households of a cohort.
pub const COHORT: ListColumns = ListColumns {
    columns: &[HOUSEHOLD, NOTE],
    required: &[&["household"]],
};

/// The list of support actions.
pub const SUPPORTS: ListColumns = ListColumns {
    columns: &[
        REF,
        column(
            "kind",
            &[
                "chính sách",
                "loại hỗ trợ",
                "loại chính sách",
                "chính sách hỗ trợ",
                "mã chính sách",
                "tên chính sách",
                "nội dung hỗ trợ",
                "hình thức hỗ trợ",
                "support kind",
            ],
        ),
        STAGE,
        HOUSEHOLD,
        PERSON,
        column(
            "name",
            &[
                "họ và tên",
                "họ tên",
                "tên",
                "chủ hộ",
                "họ và tên chủ hộ",
                "họ tên chủ hộ",
                "tên chủ hộ",
                "tên học sinh",
                "họ và tên học sinh",
                "họ tên học sinh",
                "người hưởng",
                "full name",
            ],
        ),
        ID_NUMBER,
        column(
            "count",
            &[
                "số người",
                "số hộ",
                "số lượt",
                "số đối tượng",
                "số lượt người",
                "số người hưởng",
                "số học sinh",
                "số thẻ",
                "số em",
                "số cháu",
            ],
        ),
        CLASS,
        column(
            "group",
            &["nhóm", "nhóm đối tượng", "nhóm hưởng", "nhóm thẻ"],
        ),
        VILLAGE,
        AMOUNT,
        column(
            "counterpart",
            &[
                "đối ứng",
                "vốn đối ứng",
                "hộ đối ứng",
                "đối ứng của hộ",
                "kinh phí đối ứng",
                "phần đối ứng",
            ],
        ),
        QUANTITY,
        UNIT,
        OCCURRED_ON,
        column(
            "covers",
            &[
                "kỳ hưởng",
                "kỳ",
                "kỳ chi trả",
                "kỳ hỗ trợ",
                "thời gian hưởng",
                "tháng hưởng",
                "period",
            ],
        ),
        SOURCE,
        PROJECT,
        column(
            "lender",
            &[
                "bên cho vay",
                "đơn vị cho vay",
                "tổ chức cho vay",
                "ngân hàng",
                "tổ chức tín dụng",
            ],
        ),
        column(
            "recipient",
            &[
                "người nhận",
                "họ tên người nhận",
                "họ và tên người nhận",
                "người nhận tiền",
                "người nhận thay",
                "người ký nhận",
            ],
        ),
        column(
            "ground",
            &[
                "đối tượng",
                "lý do hưởng",
                "căn cứ hưởng",
                "diện hưởng",
                "đối tượng hưởng",
                "điều kiện hưởng",
            ],
        ),
        DOCUMENT,
        column("reason", &["lý do"]),
        NOTE,
    ],
    required: &[
        &["kind"],
        &["household", "person", "count", "id_number", "name"],
        &["occurred_on"],
    ],
};

/// The list that moves support actions to another stage.
pub const STAGES: ListColumns = ListColumns {
    columns: &[REF, STAGE, OCCURRED_ON, AMOUNT, QUANTITY, DOCUMENT, NOTE],
    required: &[&["ref"], &["stage"], &["occurred_on"]],
};

/// All lists.
pub const ALL: [&ListColumns; 7] = [
    &HOUSEHOLDS,
    &PERSONS,
    &PROJECTS,
    &MEMBERS,
    &COHORT,
    &SUPPORTS,
    &STAGES,
];
