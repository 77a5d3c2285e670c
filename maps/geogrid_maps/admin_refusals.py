"""Why the administration area refuses a form, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.errors import ForbiddenError
from geogrid.model import Permission
from geogrid_maps.admin_texts import PERMISSIONS, admin_text
from geogrid_maps.desk_refusals import REFUSALS, Refused

if TYPE_CHECKING:
    from geogrid.errors import GeogridError

ZH, EN = Language.ZH, Language.EN

#: By the code of an error, or by its code and field. The desk's own texts follow where the area has none.
ADMIN_REFUSALS: Final = {
    "activation_in_past": {
        ZH: "生效时间已过，请填将来的时间，或不填（立即生效）。",
        EN: "This moment has passed: choose a later one, or none for now.",
    },
    "administrator_bounded": {
        ZH: "系统管理员不设辖区，请另建账号授予其他角色。",
        EN: "An administrator has no areas: give the other roles to another account.",
    },
    "area_unknown": {
        ZH: "有辖区编码不在在用图层内，请填街道、社区、村或网格的编码。",
        EN: "A code is in no active layer: enter codes of streets, communities, villages or grids.",
    },
    "code_rounded": {
        ZH: "编码被表格软件取整，请把该列改为文本。",
        EN: "A spreadsheet has rounded the code: make the column text.",
    },
    "code_unknown": {ZH: "编码不在在用图层内。", EN: "The code is in no active layer."},
    "column_missing": {
        ZH: "缺少必需的列：编码、职务、姓名、生效日期。",
        EN: "A required column is missing: code, duty, name, valid_from.",
    },
    "column_twice": {ZH: "有两列含义相同，请保留一列。", EN: "Two columns are the same field: keep one."},
    "complete_empty": {ZH: "完整名单不能为空。", EN: "A complete list cannot be empty."},
    "confirm_missing": {ZH: "请先勾选确认。", EN: "Tick the confirmation first."},
    "cross_site": {
        ZH: "请求不是从本站页面发出的，请回到本站重新操作。",
        EN: "The request does not come from a page of this service: start again from its pages.",
    },
    "day": {ZH: "日期请写成 2026-01-31。", EN: "Write a day like 2026-01-31."},
    "duty_unknown": {ZH: "没有这个职务。", EN: "There is no such duty."},
    "expired": {ZH: "最后一日已过。", EN: "The last day has passed."},
    "generation_changed": {
        ZH: "在用版本刚刚变了，请重新查看后再决定。",
        EN: "Another generation is active by now: look again, then decide.",
    },
    "invalid_input:display": {
        ZH: "显示名称为 1 至 100 个可见字符。",
        EN: "A display name has 1 to 100 printable characters.",
    },
    "invalid_input:name": {
        ZH: "请填写名称（不超过 100 个可见字符）。",
        EN: "Enter a name of at most 100 printable characters.",
    },
    "json_invalid": {ZH: "文件不是有效的 JSON。", EN: "The file is not valid JSON."},
    "key_twice": {
        ZH: "刚才已建过同名密钥。如未抄存，请吊销后重建。",
        EN: "A key of this name was made just now. If you did not keep it, revoke it and add another.",
    },
    "key_unknown": {ZH: "没有这个有效密钥，可能已被吊销。", EN: "There is no such key, or it is revoked."},
    "last_administrator": {
        ZH: "这是最后一个系统管理员，请先设另一个。",
        EN: "This is the last administrator: appoint another one first.",
    },
    "layer_unknown": {ZH: "没有这个图层。", EN: "There is no such layer."},
    "list_missing": {ZH: "请选择文件。", EN: "Choose a file."},
    "missing": {ZH: "缺少必填内容。", EN: "A required value is missing."},
    "moment": {ZH: "时间请写成 2026-01-31T08:00。", EN: "Write a moment like 2026-01-31T08:00."},
    "name": {
        ZH: "登录名为 2 至 50 个字母、数字或 . _ - @。",
        EN: "A login name has 2 to 50 letters, digits or . _ - @.",
    },
    "name_taken": {ZH: "登录名已被使用。", EN: "The login name is taken."},
    "no_account": {ZH: "当前登录没有本系统的密码。", EN: "This login has no password here."},
    "nothing_before": {ZH: "之前没有其他版本可回退。", EN: "No other generation was active before."},
    "out_of_bounds": {ZH: "不在您的管辖范围内。", EN: "This lies outside of your areas."},
    "password_length": {ZH: "密码为 12 至 256 个字符。", EN: "A password has 12 to 256 characters."},
    "password_weak": {
        ZH: "密码含登录名，或只有几个字符反复。请用几个词，或由密码管理器生成。",
        EN: "The password holds the login name or repeats few characters: use several words.",
    },
    "password_wrong": {ZH: "当前密码不对。", EN: "The current password is wrong."},
    "passwords_differ": {ZH: "两次输入的新密码不一致。", EN: "The new passwords differ."},
    "period": {
        ZH: "起止日期有误：须同填，且起不晚于止。",
        EN: "The period is not valid: enter both days, the first one first.",
    },
    "phone": {ZH: "电话号码有误。", EN: "The telephone number is not valid."},
    "too_many_attempts": {
        ZH: "失败次数过多，请一刻钟后再试。",
        EN: "Too many attempts have failed: wait for a quarter of an hour.",
    },
    "role": {ZH: "请至少选择一个角色。", EN: "Choose at least one role."},
    "row_twice": {ZH: "与前面某行重复。", EN: "An earlier row is the same post."},
    "street_unknown": {ZH: "规则中有街道不在在用图层内。", EN: "A street of the rules is in no active layer."},
    "text_too_long": {ZH: "文字过长。", EN: "The text is too long."},
    "too_large": {ZH: "文件过大。", EN: "The file is too large."},
    "user_unknown": {ZH: "没有这个账号。", EN: "There is no such account."},
}


def admin_refusal(error: GeogridError, language: Language) -> Refused:
    """Return why a form was refused, in words of the language."""
    title = admin_text("refused", language)
    if isinstance(error, ForbiddenError) and error.permission:
        return Refused(title, missing_permission(Permission(error.permission), language))
    keys = (f"{error.code}:{error.field}", error.code)
    known = next((table[key] for key in keys for table in (ADMIN_REFUSALS, REFUSALS) if key in table), None)
    if known:
        return Refused(title, known[language])
    own = error.title.split(" · ")[0 if language is EN else -1]
    return Refused(title, f"{own}: {error.message}" if language is EN else f"{own}（{error.message}）")


def row_reason(code: str, message: str, language: Language) -> str:
    """Return why a row of a list was refused; without a text of its own the code comes with the message."""
    known = ADMIN_REFUSALS.get(code)
    return known[language] if known else message


def missing_permission(permission: Permission, language: Language) -> str:
    """Return the sentence that names a missing permission."""
    return f"{admin_text('missing_permission', language)}{PERMISSIONS[permission][language]} ({permission})"
