"""What the dispatch desk says, in both languages; words that other pages have too stand in `geogrid_maps.ui_texts`."""

from __future__ import annotations

from typing import Final

from geogrid.constants import Language

ZH, EN = Language.ZH, Language.EN

DESK: Final = {
    "actions": {ZH: "可办步骤", EN: "What you may do now"},
    "any": {ZH: "不限", EN: "any"},
    "area_point": {ZH: "（区域内一点，请在地图上点准）", EN: "(a point inside of it: click on the map to be exact)"},
    "areas": {ZH: "所属网格", EN: "Grids"},
    "at_once": {ZH: "按规则直接派遣", EN: "Dispatched at once, by the rules"},
    "beyond": {ZH: "界外为", EN: "beyond it"},
    "border_m": {ZH: "距最近网格边界", EN: "To the nearest border"},
    "by_rule": {ZH: "按规则", EN: "By the rules"},
    "call": {ZH: "呼叫部门", EN: "Departments to call"},
    "caller": {ZH: "反映人称呼（如王女士，不写全名）", EN: "Caller (a form of address, no full name)"},
    "candidates": {ZH: "可能的网格", EN: "Grids that it may belong to"},
    "card": {ZH: "督办卡", EN: "Card"},
    "changed": {ZH: "此事件有新进展。", EN: "This incident has moved on."},
    "choose": {ZH: "请选择", EN: "choose"},
    "clear": {ZH: "清除筛选", EN: "Clear"},
    "close_help": {ZH: "关闭", EN: "Close"},
    "communities": {ZH: "社区界", EN: "Communities"},
    "datum": {ZH: "坐标系（粘贴坐标时必选）", EN: "Datum (for pasted coordinates)"},
    "desk": {ZH: "派单台", EN: "Dispatch desk"},
    "discard": {ZH: "放弃重填", EN: "Discard"},
    "discard_draft": {ZH: "放弃草稿", EN: "Discard the draft"},
    "draft_restored": {
        ZH: "已恢复未提交的内容（照片需重新选择）。",
        EN: "Restored what you had not sent (choose photos again).",
    },
    "draft": {ZH: "· 有草稿", EN: "· draft"},
    "duplicates": {ZH: "可能重复", EN: "Possible duplicates"},
    "empty_queue": {ZH: "没有待办事件。", EN: "Nothing waits."},
    "first_page": {ZH: "回到首页", EN: "Back to the first"},
    "follow_lost": {ZH: "连接中断，正在重连…", EN: "Connection lost, trying again…"},
    "grids": {ZH: "网格", EN: "Grids"},
    "how": {ZH: "四、多急", EN: "4. How urgent"},
    "joined": {ZH: "参加处置", EN: "joins the handling"},
    "key_enter": {ZH: "打开选中的事件", EN: "open the incident"},
    "key_esc": {ZH: "离开", EN: "leave"},
    "key_help": {ZH: "显示快捷键", EN: "show these keys"},
    "key_new": {ZH: "新上报", EN: "new report"},
    "key_search": {ZH: "查找地点", EN: "find a place"},
    "key_send": {ZH: "上报并派遣；办理", EN: "report and dispatch; do it"},
    "key_walk": {ZH: "下一件、上一件", EN: "next and previous"},
    "keys": {ZH: "快捷键", EN: "Keys"},
    "later": {ZH: "暂不登录", EN: "Not now"},
    "lat_first": {ZH: "纬度在前，已按经度、纬度调整", EN: "the latitude stood first; put in order"},
    "level_limit": {ZH: "由哪一级办、时限", EN: "Which level, and its time limit"},
    "level_note": {
        ZH: "上报时选定级别。 Level chosen with the report.",
        EN: "Level chosen with the report. 上报时选定级别。",
    },
    "limits_come": {
        ZH: "选定类别和地点后，显示规则的安排和各级时限。",
        EN: "Choose what and where: then it shows what the rules say, and the time limits.",
    },
    "locate_me": {ZH: "用本机定位", EN: "Use this device's position"},
    "locate_failed": {
        ZH: "无法取得本机位置（未授权或信号不好）。请点地图，或输入地点。",
        EN: "This device's position cannot be had (not allowed, or no signal): click on the map, or type a place.",
    },
    "log_out": {ZH: "退出", EN: "Log out"},
    "login_failed": {
        ZH: "没有登录成功：服务没有应答，请稍后再试。",
        EN: "Not logged in: the service does not answer. Try again in a moment.",
    },
    "login_needed": {
        ZH: "请先登录，登录后回到您要打开的页面。",
        EN: "Log in first. Then the page that you asked for opens.",
    },
    "map": {ZH: "地图", EN: "Map"},
    "map_hint": {ZH: "点击地图选点", EN: "Click to set the point"},
    "meanwhile": {ZH: "其间的办理：", EN: "Steps taken meanwhile:"},
    "mine": {ZH: "轮到我办", EN: "Mine to do now"},
    "more": {ZH: "下一页", EN: "Next page"},
    "name_or_password": {ZH: "账号或密码不对。", EN: "Name and password do not belong together."},
    "near_none": {ZH: "附近没有同类事件。", EN: "No incident of this kind near by."},
    "nearly_due": {ZH: "临期", EN: "nearly due"},
    "new": {ZH: "新上报", EN: "New report"},
    "nobody": {ZH: "未登记责任人", EN: "nobody is on the list"},
    "note": {ZH: "说明", EN: "Note"},
    "not_sent": {
        ZH: "没有办成：服务没有应答。您写的内容还在，请稍后再试。",
        EN: "Not done: the service does not answer. What you wrote is still there: try again in a moment.",
    },
    "number": {ZH: "事件号", EN: "Incident number"},
    "on_time": {ZH: "正常", EN: "in time"},
    "others": {ZH: "等别人办", EN: "Waiting for others"},
    "outcome": {ZH: "结果", EN: "Outcome"},
    "outside": {ZH: "不在任何网格内，需人工核定位置。", EN: "In no grid: somebody has to settle the place."},
    "overdue": {ZH: "超时", EN: "overdue"},
    "password": {ZH: "密码", EN: "Password"},
    "people": {ZH: "责任人", EN: "Who answers for it"},
    "phone": {ZH: "回访电话", EN: "Telephone to call back"},
    "photos": {ZH: "照片", EN: "Photos"},
    "pick_incident": {
        ZH: "从左侧选择事件，或按 n 新上报。",
        EN: "Choose an incident on the left, or press n to report.",
    },
    "place_box": {ZH: "地点（汉字、拼音、首字母或坐标）", EN: "Place (characters, pinyin, initials, coordinates)"},
    "place_none": {ZH: "没有找到，可点地图选点。", EN: "Nothing found: click on the map instead."},
    "place_wanted": {
        ZH: "请先选定地点：从建议中选、粘贴坐标或点地图。",
        EN: "Choose a place first: a suggestion, coordinates, or a click.",
    },
    "queue": {ZH: "待办", EN: "Queue"},
    "rating": {ZH: "评分", EN: "Rating"},
    "refresh": {ZH: "刷新", EN: "Refresh"},
    "refused": {ZH: "未能办理", EN: "Not done"},
    "report": {ZH: "上报", EN: "Report"},
    "report_and_dispatch": {ZH: "上报并派遣", EN: "Report and dispatch"},
    "reported_and_dispatched": {ZH: "已上报并派遣。", EN: "Reported and dispatched."},
    "reported": {ZH: "已上报。", EN: "Reported."},
    "rest": {ZH: "其余在派单台：", EN: "The others are at the desk:"},
    "score": {ZH: "相似度", EN: "score"},
    "send_to": {ZH: "派往部门", EN: "Department"},
    "session_ended": {ZH: "会话已结束", EN: "The session has ended"},
    "session_ended_back": {
        ZH: "会话已结束，请重新登录，登录后回到原来的页面。",
        EN: "The session has ended. Log in again to return to your page.",
    },
    "session_keeps": {
        ZH: "您写的内容都还在。请重新登录，刚才的操作会自动继续。",
        EN: "Everything you typed is still here. Log in again, and your last request is repeated.",
    },
    "streets": {ZH: "街道界", EN: "Streets"},
    "too_many": {
        ZH: "登录失败次数过多，请一刻钟后再试。",
        EN: "Too many logins have failed: wait for a quarter of an hour.",
    },
    "triage_filter": {ZH: "位置待核", EN: "Place to settle"},
    "urgency": {ZH: "时限", EN: "Due"},
    "user": {ZH: "账号", EN: "Name"},
    "what": {ZH: "一、什么事", EN: "1. What"},
    "where": {ZH: "二、在哪里", EN: "2. Where"},
    "whistle": {ZH: "哨子", EN: "Whistle"},
    "words_left": {
        ZH: "您写的内容（这一步已不能办，可复制）：",
        EN: "What you wrote (this step is no longer possible; copy it):",
    },
    "who": {ZH: "三、谁反映", EN: "3. Who"},
}


def desk_text(key: str, language: Language) -> str:
    """Return a text of the desk.

    Examples
    --------
    >>> desk_text("desk", Language.EN)
    'Dispatch desk'
    """
    return DESK[key][language]
