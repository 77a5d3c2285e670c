"""The texts of the administration area, the account page and the error pages, in both languages."""

from __future__ import annotations

from typing import Final

from geogrid.constants import Language
from geogrid.model import GenerationState, Permission

ZH, EN = Language.ZH, Language.EN

ADMIN: Final = {
    "account": {ZH: "账号", EN: "Account"},
    "accounts": {ZH: "账号", EN: "Accounts"},
    "accounts_note": {
        ZH: "新建、停用账号，授予角色和辖区，重置密码",
        EN: "Add and disable accounts, set roles, areas and passwords",
    },
    "activate": {ZH: "启用", EN: "Activate"},
    "activate_title": {ZH: "启用图层版本", EN: "Activate a generation"},
    "active_from": {ZH: "生效时间", EN: "Active from"},
    "action": {ZH: "操作", EN: "Action"},
    "add": {ZH: "新建", EN: "Add"},
    "add_account": {ZH: "新建账号", EN: "Add an account"},
    "add_key": {ZH: "新建密钥", EN: "Add a key"},
    "added": {ZH: "新增", EN: "added"},
    "admin": {ZH: "系统管理", EN: "Administration"},
    "all": {ZH: "全部", EN: "all"},
    "all_areas": {ZH: "全区", EN: "whole district"},
    "areas": {ZH: "辖区", EN: "Areas"},
    "areas_field": {
        ZH: "其他辖区编码（社区、村、网格，空格分隔）",
        EN: "Codes of other areas (community, village, grid), separated by spaces",
    },
    "at": {ZH: "时间", EN: "Time"},
    "audit": {ZH: "审计", EN: "Audit"},
    "audit_note": {ZH: "账号、密钥、图层版本的操作记录", EN: "Records of acts on accounts, keys and generations"},
    "base": {ZH: "底版", EN: "Based on"},
    "by_whom": {ZH: "决定人", EN: "Decided by"},
    "change_grant": {ZH: "保存角色和辖区", EN: "Save roles and areas"},
    "change_hands": {ZH: "换责任网格的事件", EN: "Incidents that change grids"},
    "changed": {ZH: "更新", EN: "changed"},
    "check_list": {ZH: "试算", EN: "Dry run"},
    "code": {ZH: "区划编码", EN: "Area code"},
    "commit": {ZH: "正式导入", EN: "Import"},
    "committed": {ZH: "已导入。", EN: "Imported."},
    "complete_from": {
        ZH: "完整名单自此日起（未列出的人员到前一日止；可不填）",
        EN: "Complete list from this day (posts not listed end the day before; optional)",
    },
    "confirm_activate": {ZH: "确认启用此版本", EN: "Yes, activate this generation"},
    "confirm_disable": {ZH: "确认停用，并结束其全部登录", EN: "Yes, disable the account and end its sessions"},
    "confirm_password": {ZH: "确认重置，并结束其全部登录", EN: "Yes, set a new password and end the sessions"},
    "confirm_revoke": {ZH: "确认吊销", EN: "Yes, revoke"},
    "confirm_rollback": {ZH: "确认回退到上一版本", EN: "Yes, go back to the previous generation"},
    "created_at": {ZH: "创建时间", EN: "Created"},
    "current_password": {ZH: "当前密码", EN: "Current password"},
    "day": {ZH: "在岗日期", EN: "In office on"},
    "departments": {ZH: "部门（不选为不限）", EN: "Departments (none sets no limit)"},
    "disable": {ZH: "停用", EN: "Disable"},
    "disabled": {ZH: "已停用", EN: "disabled"},
    "display_name": {ZH: "显示名称", EN: "Display name"},
    "done_activated": {
        ZH: "图层版本的决定已记录，服务在一秒内切换。",
        EN: "The decision is recorded; services switch within a second.",
    },
    "done_disabled": {ZH: "账号已停用。", EN: "The account is disabled."},
    "done_enabled": {ZH: "账号已启用。", EN: "The account is enabled."},
    "done_grant": {ZH: "角色和辖区已保存。", EN: "Roles and areas are saved."},
    "done_password": {
        ZH: "密码已修改，其他登录已结束。",
        EN: "The password is changed; your other sessions have ended.",
    },
    "done_revoked": {ZH: "密钥已吊销。", EN: "The key is revoked."},
    "dry_run": {ZH: "试算结果（尚未导入）", EN: "Dry run (nothing is imported yet)"},
    "duty": {ZH: "职务", EN: "Duty"},
    "elsewhere": {ZH: "去向不同", EN: "would go elsewhere"},
    "empty": {ZH: "没有记录。", EN: "No records."},
    "enable": {ZH: "启用账号", EN: "Enable"},
    "enabled": {ZH: "正常", EN: "enabled"},
    "end_missing": {ZH: "结束", EN: "ended"},
    "every_role": {ZH: "全部角色", EN: "every role"},
    "expires": {ZH: "最后一日（可不填）", EN: "Last day (optional)"},
    "expires_at": {ZH: "到期", EN: "Expires"},
    "filter": {ZH: "筛选", EN: "Filter"},
    "filter_account": {ZH: "按账号筛选", EN: "Of the account"},
    "from_now": {ZH: "生效时间（不填为立即）", EN: "Active from (empty for now)"},
    "generation": {ZH: "图层版本", EN: "Generation"},
    "go_to": {ZH: "前往：", EN: "Go to: "},
    "incidents": {ZH: "事件", EN: "Incidents"},
    "key": {ZH: "密钥", EN: "Key"},
    "keys": {ZH: "密钥", EN: "Keys"},
    "keys_note": {ZH: "对接系统用的接口密钥：新建、吊销", EN: "Keys of other systems for the API: add, revoke"},
    "last_used_at": {ZH: "最近使用", EN: "Last used"},
    "layer": {ZH: "图层", EN: "Layer"},
    "layers": {ZH: "图层", EN: "Layers"},
    "layers_note": {ZH: "图层版本：在用、计划启用、回退", EN: "Generations: active, planned, going back"},
    "list_file": {ZH: "名单文件（CSV 或 XLSX，不超过 2 MB）", EN: "List (CSV or XLSX, 2 MB at most)"},
    "login_name": {ZH: "登录名", EN: "Login name"},
    "missing_permission": {ZH: "您的账号没有这项权限：", EN: "Your account lacks the permission: "},
    "moved": {ZH: "界线变动", EN: "borders moved"},
    "name": {ZH: "名称", EN: "Name"},
    "new_password": {ZH: "新密码（12 至 256 个字符）", EN: "New password (12 to 256 characters)"},
    "next_page": {ZH: "下一页", EN: "Next page"},
    "old_layers": {ZH: "在用版本", EN: "Active generation"},
    "organisation": {ZH: "单位", EN: "Organisation"},
    "own_account": {ZH: "我的账号", EN: "My account"},
    "password": {ZH: "修改密码", EN: "Change the password"},
    "password_changed_at": {ZH: "密码修改时间", EN: "Password changed"},
    "people": {ZH: "人员", EN: "People"},
    "people_note": {ZH: "网格人员名单：查询、导入", EN: "The people of the grids: list, import"},
    "period_from": {ZH: "起（与止同填；不填为上月）", EN: "From (with To; last month without both)"},
    "period_to": {ZH: "止", EN: "To"},
    "person": {ZH: "姓名（名称）", EN: "Name"},
    "phone": {ZH: "电话", EN: "Telephone"},
    "reason": {ZH: "原因", EN: "Reason"},
    "refused": {ZH: "未能办理", EN: "Not done"},
    "refused_rows": {ZH: "退回", EN: "refused"},
    "removed": {ZH: "减少", EN: "removed"},
    "repeat_password": {ZH: "再输一次新密码", EN: "New password again"},
    "replay": {ZH: "规则试算", EN: "Try out routing rules"},
    "replay_file": {ZH: "候选规则（JSON）", EN: "Candidate rules (JSON)"},
    "replay_note": {
        ZH: "用候选规则重算一段时间的事件去向，不改变任何数据。",
        EN: "Routes the incidents of a period by the candidate rules. Nothing is changed.",
    },
    "reset_password": {ZH: "重置密码", EN: "Set a new password"},
    "revoke": {ZH: "吊销", EN: "Revoke"},
    "revoked": {ZH: "已吊销", EN: "revoked"},
    "role_by_admin": {
        ZH: "可在“账号”中给账号加上有此权限的角色。",
        EN: "Under Accounts you can give your account a role that has it.",
    },
    "role_by_other": {ZH: "如工作需要，请联系系统管理员。", EN: "If your work needs it, contact an administrator."},
    "roles": {ZH: "角色", EN: "Roles"},
    "rollback": {ZH: "回退", EN: "Go back"},
    "routing_rules": {
        ZH: "在用分派规则（自上而下，先匹配者生效）",
        EN: "Active routing rules (the first that matches wins)",
    },
    "row": {ZH: "行", EN: "Row"},
    "rows": {ZH: "行数", EN: "rows"},
    "rules": {ZH: "规则", EN: "Rules"},
    "rules_note": {ZH: "在用规则及其版本", EN: "The active rule sets and their versions"},
    "secret_key": {ZH: "新密钥（只显示这一次，请立即抄存）", EN: "The new key (shown this once: keep it now)"},
    "secret_password": {
        ZH: "新密码（只显示这一次，请转交本人，并请其登录后修改）",
        EN: "The new password (shown this once: hand it over, to be changed after the login)",
    },
    "sections": {ZH: "管理栏目", EN: "Sections"},
    "shipped": {ZH: "随程序提供", EN: "shipped with the program"},
    "since": {ZH: "启用时间", EN: "Active since"},
    "skip": {ZH: "跳到正文", EN: "Skip to the content"},
    "state": {ZH: "状态", EN: "State"},
    "street": {ZH: "街道", EN: "Street"},
    "subject": {ZH: "内容", EN: "Details"},
    "unchanged": {ZH: "不变", EN: "unchanged"},
    "upload": {ZH: "导入名单", EN: "Import a list"},
    "valid": {ZH: "任期", EN: "In office"},
    "version": {ZH: "版本", EN: "Version"},
    "who": {ZH: "操作人", EN: "By"},
}

PERMISSIONS: Final = {
    Permission.INCIDENTS_READ: {ZH: "查看事件", EN: "read incidents"},
    Permission.INCIDENTS_REPORT: {ZH: "上报事件", EN: "report incidents"},
    Permission.INCIDENTS_IMPORT: {ZH: "导入事件", EN: "import incidents"},
    Permission.INCIDENTS_EXPORT: {ZH: "导出事件", EN: "export incidents"},
    Permission.LOOP_STEP: {ZH: "办理事件", EN: "take steps on incidents"},
    Permission.PEOPLE_READ: {ZH: "查看人员", EN: "read people"},
    Permission.PEOPLE_WRITE: {ZH: "维护人员", EN: "maintain people"},
    Permission.FIGURES_READ: {ZH: "查看统计和地图", EN: "read figures and maps"},
    Permission.LEDGER_READ: {ZH: "查看台账", EN: "read the ledger"},
    Permission.LEDGER_WRITE: {ZH: "维护台账", EN: "maintain the ledger"},
    Permission.LAYERS_WRITE: {ZH: "维护图层", EN: "maintain layers"},
    Permission.RULES_WRITE: {ZH: "维护规则", EN: "maintain rules"},
    Permission.USERS_MANAGE: {ZH: "管理账号", EN: "manage accounts"},
    Permission.KEYS_MANAGE: {ZH: "管理密钥", EN: "manage keys"},
    Permission.AUDIT_READ: {ZH: "查看审计", EN: "read the audit records"},
}

GENERATION_STATES: Final = {
    GenerationState.DRAFT: {ZH: "草稿", EN: "draft"},
    GenerationState.PLANNED: {ZH: "计划启用", EN: "planned"},
    GenerationState.ACTIVE: {ZH: "在用", EN: "active"},
    GenerationState.RETIRED: {ZH: "已停用", EN: "retired"},
}

#: The heading and the sentence of an error page, by the status of the response.
STATUS_TEXTS: Final = {
    401: {ZH: "请先登录。", EN: "Log in first."},
    403: {ZH: "没有权限打开此页。", EN: "You are not allowed to open this page."},
    404: {ZH: "没有这个页面，或内容已不存在。", EN: "There is no such page, or its content is gone."},
    405: {ZH: "此地址不能这样打开。", EN: "This address cannot be opened like this."},
    409: {ZH: "内容已经变化，未能办理。", EN: "The content has changed: not done."},
    413: {ZH: "提交的内容过大。", EN: "What was sent is too large."},
    422: {
        ZH: "地址或填写的内容有误，请检查后重试。",
        EN: "The address or an entry is not valid: check it and try again.",
    },
    429: {ZH: "操作过于频繁，请稍后再试。", EN: "Too many attempts: try again later."},
    500: {ZH: "服务出错，日志中有详情。", EN: "The service failed; its log has the details."},
    503: {ZH: "服务暂时不可用，请稍后再试。", EN: "The service is not available: try again in a moment."},
}


def admin_text(key: str, language: Language) -> str:
    """Return a text of the administration area.

    Examples
    --------
    >>> admin_text("admin", Language.EN)
    'Administration'
    """
    return ADMIN[key][language]
