"""Why the desk did not do something, and what to do about it, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid_maps.desk_texts import desk_text

if TYPE_CHECKING:
    from geogrid.errors import GeogridError

ZH, EN = Language.ZH, Language.EN

#: What to do about a refusal, by its code; other refusals say it themselves.
REFUSALS: Final = {
    "stale": {
        ZH: "别人刚办理过这件事件，您的步骤没有提交。下面是最新情况和您写的内容，请核对。",
        EN: "Another user has changed this incident, so your step was not taken. "
        "Below you see the incident as it is now, and what you wrote.",
    },
    "transition_not_allowed": {
        ZH: "事件已不在这一步，您的步骤没有提交。下面是现在能办的步骤和您写的内容。",
        EN: "This step is no longer possible. Below you see the steps that are possible now, and what you wrote.",
    },
    "triage_open": {
        ZH: "先办理“定位”，核定位置后再立案、派遣。",
        EN: "Settle the place first, then file and dispatch.",
    },
    "same_hand": {
        ZH: "处置人不能核查自己办的事件，请换人核查。",
        EN: "Who handled it cannot check it: somebody else has to.",
    },
    "other_department": {ZH: "这一步由责任部门办理。", EN: "This step is for the department in charge."},
    "most_reached": {ZH: "次数已用完，请改用其他步骤。", EN: "This cannot be done again; take another step."},
    "level_highest": {ZH: "已是最高层级。", EN: "It is at the highest level already."},
    "level_not_higher": {
        ZH: "升级只能升到更高一级；要改到较低一级，请在派遣时选定。",
        EN: "It can only be raised to a higher level; a lower one is chosen when it is dispatched.",
    },
    "level_unknown": {ZH: "没有这一级，请从列表选择。", EN: "There is no such level: choose from the list."},
    "role": {ZH: "您的角色不能办这一步。", EN: "This step is not for your role."},
    "permission": {
        ZH: "您的账号没有这项权限。",
        EN: "Your account lacks the permission for this.",
    },
    "out_of_bounds": {ZH: "不在您的管辖范围内。", EN: "This lies outside of your bounds."},
    "note_missing": {ZH: "请填写说明。", EN: "Write a note."},
    "photo_missing": {ZH: "请附照片。", EN: "Add a photo."},
    "photo_unreadable": {
        ZH: "照片无法读取，请换 JPEG、PNG 或 WebP。",
        EN: "The photo cannot be read: send JPEG, PNG or WebP.",
    },
    "photo_too_large": {ZH: "照片过大，请不超过 10 MB。", EN: "The photo is too large: 10 MB at most."},
    "photos_full": {ZH: "照片已满 20 张。", EN: "There are 20 photos already."},
    "department_missing": {ZH: "请选择部门。", EN: "Choose a department."},
    "department_unknown": {
        ZH: "没有这个部门，请从列表选择。",
        EN: "There is no such department: choose from the list.",
    },
    "departments": {ZH: "请选择一至若干个部门。", EN: "Choose one department or more."},
    "incident_missing": {ZH: "请写明并入哪一件。", EN: "Say which incident it is a duplicate of."},
    "merge_target": {
        ZH: "只能并入另一件未作废、未合并的事件。",
        EN: "It can be merged into another open incident only.",
    },
    "incident_unknown": {ZH: "没有这个事件号。", EN: "There is no incident of this number."},
    "grid_missing": {ZH: "请选择网格。", EN: "Choose a grid."},
    "grid_unknown": {ZH: "没有这个网格。", EN: "There is no such grid."},
    "outcome_missing": {ZH: "请选择结果。", EN: "Choose an outcome."},
    "category_unknown": {ZH: "请选择类别。", EN: "Choose a category."},
    "place_wanted": {ZH: "请先选定地点。", EN: "Choose a place first."},
    "datum_missing": {ZH: "粘贴的是坐标，请选择坐标系。", EN: "These are coordinates: choose their datum."},
    "number_wanted": {ZH: "请填写数字。", EN: "A number is needed."},
    "period_closed": {ZH: "该时段已关账，不再接收上报。", EN: "That period is closed to reports."},
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something was not done, and what to do about it."""

    title: str
    what: str


def refusal(error: GeogridError, language: Language) -> Refused:
    """Return a refusal in words that help."""
    known = REFUSALS.get(error.code)
    if known:
        return Refused(desk_text("refused", language), known[language])
    return Refused(error.title, f"{error.message} {error.remedy or ''}".strip())
